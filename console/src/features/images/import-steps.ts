import type { ImageImport } from "@/lib/api/types";

export type StepMark = "done" | "now" | "failed" | "stopped" | "todo";
export type ImportStep = { id: string; title: string; help: string; mark: StepMark };

const STEPS = ["fetching", "verifying", "unpacking", "inspecting", "preparing"] as const;
type StepId = (typeof STEPS)[number];

const FETCH = {
  upload: ["Uploaded", "The file lies on the server."],
  url: ["Download", "The server fetches it from its address."],
  server: ["Copy", "The file is taken out of the server's import folder."],
} as const;

/** The steps of an import, and where it stands. A queued one has done nothing yet. */
export function importSteps(row: Pick<ImageImport, "source" | "state" | "stopped_in">): ImportStep[] {
  const at = STEPS.indexOf(row.state as StepId);
  const stopped = STEPS.indexOf(row.stopped_in as StepId);
  return STEPS.map((id, index) => ({
    id,
    ...wordsOf(id, row.source),
    mark: markOf(row.state, index, at, stopped),
  }));
}

function markOf(state: ImageImport["state"], index: number, at: number, stopped: number): StepMark {
  if (state === "ready") return "done";
  if (state === "failed" || state === "cancelled") {
    if (index === stopped) return state === "failed" ? "failed" : "stopped";
    return index < stopped ? "done" : "todo";
  }
  if (index === at) return "now";
  return index < at ? "done" : "todo";
}

function wordsOf(id: StepId, source: ImageImport["source"]): { title: string; help: string } {
  if (id === "fetching") return { title: FETCH[source][0], help: FETCH[source][1] };
  return {
    verifying: { title: "Checksum", help: "Its SHA-256 is computed and compared with what was given." },
    unpacking: { title: "Unpack", help: "The image and what boots are taken out of an ISO." },
    inspecting: { title: "Editions", help: "Which Windows editions are in it." },
    preparing: { title: "Prepare", help: "Written once so that machines apply it while they download it." },
  }[id];
}
