"use client";

import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { Page } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { NoPermission } from "@/components/states";
import { useQueueRun } from "@/features/actions/api";
import { useStartRun } from "@/features/runs/api";
import { scriptQuery } from "@/features/scripts/api";
import type { Device, RunIn } from "@/lib/api/types";
import { count } from "@/lib/format";
import { usePageTitle } from "@/lib/page-title";
import { paths } from "@/lib/paths";
import { type ParameterValues, parameterPayload, parameterProblems, startValues } from "@/lib/run-parameters";
import { keptTargets } from "@/lib/run-targets";
import { useCan } from "@/lib/session";
import { useUrlValue } from "@/lib/url-state";
import { type Pace, PaceStep } from "./pace-step";
import { ParametersStep } from "./parameters-step";
import { RunPreview } from "./run-preview";
import { RunSummary } from "./run-summary";
import { type AdHoc, ScriptStep } from "./script-step";
import { TargetsStep } from "./targets-step";
import { EXPIRIES, TimingStep } from "./timing-step";

export function RunPage() {
  usePageTitle("Run a script");
  const can = useCan();
  const router = useRouter();
  const [scriptId, setScriptId] = useUrlValue("script");
  const [linked] = useUrlValue("device");
  const [fromSelection] = useUrlValue("selection");
  const [targetIds, setTargetIds] = useState<string[]>(() =>
    fromSelection ? keptTargets() : linked.split(",").filter(Boolean),
  );
  const [targets, setTargets] = useState<Map<string, Device>>(new Map());
  const [adHoc, setAdHoc] = useState<AdHoc | null>(null);
  const [entered, setEntered] = useState<ParameterValues>({});
  const [timeout, setTimeoutSeconds] = useState<number | null>(null);
  const [expiry, setExpiry] = useState<string>(EXPIRIES[1].value);
  const [pace, setPace] = useState<Pace>({ order: "hostname", at_most: null, stop_at_percent: null });
  const [tried, setTried] = useState(false);
  const [typed, setTyped] = useState("");
  const [idempotencyKey] = useState(() => randomKey());
  const script = useQuery(scriptQuery(adHoc ? "" : scriptId));
  const queue = useQueueRun();
  const start = useStartRun();

  if (!can("actions:run")) {
    return (
      <Page>
        <NoPermission what="Running scripts" />
      </Page>
    );
  }
  const parameters = adHoc ? [] : (script.data?.parameters ?? []);
  const values = { ...startValues(parameters), ...entered };
  const problems = parameterProblems(parameters, values);
  const hasScript = adHoc ? adHoc.body.trim() !== "" : script.data !== undefined;
  // A click that comes before the script does must not be lost.
  const loading = !adHoc && scriptId !== "" && script.isPending;
  const bulk = targetIds.length > BULK;
  const missing = !hasScript
    ? "Choose a script, or write one."
    : targetIds.length === 0
      ? "Choose at least one device."
      : Object.keys(problems).length > 0
        ? "Some parameters need a value."
        : bulk && typed.trim() !== count(targetIds.length)
          ? `Type ${count(targetIds.length)} to confirm.`
          : null;

  const payload = adHoc
    ? { language: adHoc.language, body: adHoc.body, parameters: {} }
    : { script_id: scriptId, parameters: parameterPayload(parameters, values) };
  const several = targetIds.length > 1;
  const order: RunIn = {
    targets: { device_ids: targetIds },
    kind: "run_script",
    payload,
    timeout_s: timeout,
    expires_in_s: Number(expiry),
    ...pace,
  };
  const ready = several && hasScript && Object.keys(problems).length === 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (missing) return;
    if (several) {
      start.mutate({ idempotencyKey, order }, { onSuccess: ({ id }) => router.push(paths.runDetail(id)) });
      return;
    }
    queue.mutate(
      {
        idempotencyKey,
        order: { deviceIds: targetIds, payload, timeoutSeconds: timeout, expiresInSeconds: Number(expiry) },
      },
      {
        onSuccess: ({ items }) => {
          const only = items[0];
          if (only) router.push(paths.action(only.id));
        },
      },
    );
  };
  return (
    <Page width="wide">
      <PageHeader title="Run a script" description="Devices that are away run it when they come back." />
      <form
        onSubmit={submit}
        noValidate
        className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]"
      >
        <div className="flex min-w-0 flex-col gap-5">
          <ScriptStep
            scriptId={scriptId}
            script={script.data}
            adHoc={adHoc}
            onChoose={(id) => {
              setAdHoc(null);
              setEntered({});
              setScriptId(id || null);
            }}
            onAdHoc={setAdHoc}
          />
          {parameters.length > 0 && (
            <ParametersStep
              parameters={parameters}
              values={values}
              problems={tried ? problems : {}}
              onChange={(name, value) => setEntered((before) => ({ ...before, [name]: value }))}
            />
          )}
          <TargetsStep
            ids={targetIds}
            known={targets}
            onChange={(ids, devices) => {
              setTargetIds(ids);
              setTargets(
                (before) => new Map([...before, ...devices.map((device) => [device.id, device] as const)]),
              );
            }}
          />
          <TimingStep
            timeout={timeout}
            defaultTimeout={adHoc ? 600 : (script.data?.timeout_s ?? 600)}
            expiry={expiry}
            onTimeout={setTimeoutSeconds}
            onExpiry={setExpiry}
          />
          {several && <PaceStep pace={pace} onChange={setPace} />}
        </div>
        <RunSummary
          title={adHoc ? "A script written here" : script.data?.name}
          version={adHoc ? undefined : script.data?.current.number}
          targetIds={targetIds}
          expiry={EXPIRIES.find((each) => each.value === expiry)?.label ?? ""}
          missing={tried ? missing : null}
          confirmWord={bulk ? count(targetIds.length) : undefined}
          typed={typed}
          onTyped={setTyped}
          busy={queue.isPending || start.isPending || loading}
          error={queue.error ?? start.error}
        >
          <RunPreview order={ready ? order : null} />
        </RunSummary>
      </form>
    </Page>
  );
}

/** From here on the number of devices is typed before it goes out. */
const BULK = 10;

function randomKey(): string {
  // randomUUID needs a secure context, which a console on plain http is not.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}
