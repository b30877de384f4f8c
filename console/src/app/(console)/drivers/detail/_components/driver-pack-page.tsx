"use client";

import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { Button } from "@/components/button";
import { DetailMissing } from "@/components/detail-missing";
import { Hash } from "@/components/hash";
import { Page } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { Callout, Facts, Panel } from "@/components/panel";
import { ProgressBar } from "@/components/progress-bar";
import { errorText } from "@/components/states";
import { StatusBadge } from "@/components/status-badge";
import { Time } from "@/components/time";
import { packQuery, useRetryPack } from "@/features/drivers/api";
import { InfsPanel } from "@/features/drivers/components/infs-panel";
import { ModelsTable } from "@/features/drivers/components/models-table";
import { PackMenu } from "@/features/drivers/components/pack-menu";
import { ruleWords } from "@/features/drivers/rules";
import type { DriverPack } from "@/lib/api/types";
import { useDetailId } from "@/lib/detail-id";
import { bytes, plural } from "@/lib/format";
import { usePageTitle } from "@/lib/page-title";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";

const EditPackSheet = lazy(() =>
  import("@/features/drivers/components/edit-pack-sheet").then((module) => ({
    default: module.EditPackSheet,
  })),
);

export function DriverPackPage() {
  const id = useDetailId();
  const pack = useQuery(packQuery(id));
  usePageTitle(pack.data?.name ?? "Driver pack");
  if (pack.data) return <DriverPackView key={pack.data.id} pack={pack.data} />;
  return (
    <DetailMissing
      id={id}
      query={pack}
      noun="driver pack"
      all={{ label: "All driver packs", href: paths.drivers }}
    >
      It was deleted, or belongs to another organisation.
    </DetailMissing>
  );
}

function DriverPackView({ pack }: { pack: DriverPack }) {
  const can = useCan();
  const [editing, setEditing] = useState(false);
  return (
    <Page width="wide">
      <PageHeader
        title={pack.name}
        description={pack.description}
        meta={
          <>
            <StatusBadge status={pack.state} />
            {pack.pack_version && <span>Version {pack.pack_version}</span>}
            <span>
              Changed <Time at={pack.updated_at} />
            </span>
          </>
        }
        actions={
          <>
            {can("drivers:write") && <Button onClick={() => setEditing(true)}>Edit</Button>}
            <PackMenu pack={pack} />
          </>
        }
      />
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_24rem]">
        <div className="flex min-w-0 flex-col gap-5">
          <ImportState pack={pack} />
          {pack.state === "ready" && <InfsPanel pack={pack} />}
        </div>
        <div className="flex min-w-0 flex-col gap-5">
          <Panel title="Machines it is for" flush>
            {pack.rules.length === 0 ? (
              <p className="px-4 py-3 text-muted text-sm">
                No rule: no machine gets it by itself. Edit it, or name it in a profile.
              </p>
            ) : (
              <ul aria-label="Rules" className="flex flex-wrap gap-1.5 border-line border-b px-4 py-3">
                {pack.rules.map((rule) => (
                  <li
                    key={ruleWords(rule)}
                    className="max-w-full break-words rounded-control border border-line-strong px-2 py-0.5 font-mono text-xs"
                  >
                    {ruleWords(rule)}
                  </li>
                ))}
              </ul>
            )}
            {pack.rules.length > 0 && can("devices:read") && pack.state === "ready" && (
              <ModelsTable packId={pack.id} />
            )}
          </Panel>
          <Panel title="Files">
            <Facts
              facts={[
                {
                  label: "Source",
                  value:
                    pack.source === "server" ? `Import folder: ${pack.path}` : `Upload: ${pack.file_name}`,
                },
                {
                  label: "Added",
                  value: (
                    <>
                      <Time at={pack.created_at} /> by {pack.created_by}
                    </>
                  ),
                },
                {
                  label: "SHA-256",
                  value: pack.checksum && <Hash value={pack.checksum} label="Copy the SHA-256 of the file" />,
                },
                {
                  label: "What machines get",
                  value: pack.content_sha256 && (
                    <span className="flex flex-col gap-1">
                      <a
                        href={`/api/v1/driver-packs/${pack.id}/content`}
                        download={`${pack.name}.zip`}
                        className="w-fit underline decoration-line-strong underline-offset-3 hover:decoration-current"
                      >
                        zip, {bytes(pack.content_bytes)}, {plural(pack.file_count, "file")}
                      </a>
                      <Hash value={pack.content_sha256} label="Copy the SHA-256 of the archive" />
                    </span>
                  ),
                },
              ]}
            />
          </Panel>
        </div>
      </div>
      <Suspense>{editing && <EditPackSheet pack={pack} onClose={() => setEditing(false)} />}</Suspense>
    </Page>
  );
}

function ImportState({ pack }: { pack: DriverPack }) {
  const can = useCan();
  const retry = useRetryPack();
  if (pack.state === "ready") return null;
  if (pack.state === "failed") {
    return (
      <Callout
        tone="bad"
        title="It could not be read"
        actions={
          can("drivers:write") && (
            <Button busy={retry.isPending} onClick={() => retry.mutate(pack)}>
              Try again
            </Button>
          )
        }
      >
        <p role="alert" className="break-words">
          {pack.error_message} <span className="font-mono text-faint text-xs">{pack.error_code}</span>
        </p>
        {retry.error && <p className="text-bad">{errorText(retry.error)}</p>}
      </Callout>
    );
  }
  const known = pack.bytes_total !== null && pack.bytes_total > 0;
  return (
    <Panel title="Being read">
      <ProgressBar
        label={`Import of ${pack.name}`}
        percent={known ? (pack.bytes_done / (pack.bytes_total ?? 1)) * 100 : null}
      />
      <p className="figures mt-2 text-muted text-sm">
        {known
          ? `${bytes(pack.bytes_done)} of ${bytes(pack.bytes_total)}. `
          : "The archive is checked and its INF files are read. "}
        It goes on by itself when the server was stopped meanwhile.
      </p>
    </Panel>
  );
}
