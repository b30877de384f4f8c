"use client";

import { useQuery } from "@tanstack/react-query";
import { TextField } from "@/components/field";
import { Page } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { Facts, Panel } from "@/components/panel";
import { SaveBar } from "@/components/save-bar";
import { ErrorState, PanelSkeleton } from "@/components/states";
import { toast } from "@/components/toasts";
import { type SettingsDraft, settingsQuery, useUpdateSettings } from "@/features/identity/api";
import { fieldError } from "@/lib/api/errors";
import type { Settings } from "@/lib/api/types";
import { useDraft } from "@/lib/draft";
import { duration } from "@/lib/format";
import { usePageTitle } from "@/lib/page-title";
import { useCan } from "@/lib/session";

export function SettingsPage() {
  usePageTitle("Settings");
  const settings = useQuery(settingsQuery);
  return (
    <Page width="form">
      <PageHeader title="Settings" />
      {settings.data ? (
        <SettingsForm settings={settings.data} />
      ) : settings.isError ? (
        <ErrorState error={settings.error} onRetry={() => settings.refetch()} what="The settings" />
      ) : (
        <Panel>
          <PanelSkeleton rows={6} label="Loading the settings" />
        </Panel>
      )}
    </Page>
  );
}

function SettingsForm({ settings }: { settings: Settings }) {
  const can = useCan();
  const update = useUpdateSettings();
  const { organisation, public_url, action_expiry_days } = settings;
  const draft = useDraft<SettingsDraft>({ organisation, public_url, action_expiry_days });
  const { values, set } = draft;
  return (
    <>
      <fieldset disabled={!can("settings:write")} className="flex flex-col gap-5">
        <legend className="sr-only">Settings</legend>
        <Panel title="Organisation">
          <div className="flex flex-col gap-5">
            <TextField
              label="Name"
              value={values.organisation}
              onChange={(event) => set("organisation", event.target.value)}
              error={fieldError(update.error, "organisation")}
              maxLength={200}
            />
            <TextField
              label="Address of this server"
              type="url"
              value={values.public_url ?? ""}
              onChange={(event) => set("public_url", event.target.value || null)}
              error={fieldError(update.error, "public_url")}
              placeholder="https://fleet.example.org"
              help="What devices and people use to reach it. Enrollment lines and invitations contain it."
            />
          </div>
        </Panel>
        <Panel title="Actions">
          <TextField
            className="max-w-60"
            label="Days an action waits"
            type="number"
            min={1}
            max={365}
            value={values.action_expiry_days}
            onChange={(event) => set("action_expiry_days", Number(event.target.value))}
            error={fieldError(update.error, "action_expiry_days")}
            help="For devices that are away, unless a run says otherwise."
          />
        </Panel>
      </fieldset>
      <Panel title="This server" className="mt-5">
        <Facts
          facts={[
            { label: "Version", value: settings.server_version },
            { label: "A device is offline after", value: duration(settings.offline_after_s * 1000) },
          ]}
        />
      </Panel>
      <SaveBar
        dirty={draft.dirty}
        busy={update.isPending}
        error={update.error}
        onDiscard={() => {
          draft.reset();
          update.reset();
        }}
        onSave={() =>
          update.mutate(
            { ...values, version: settings.version },
            {
              onSuccess: () => {
                draft.reset();
                toast.done("The settings are saved.");
              },
            },
          )
        }
      />
    </>
  );
}
