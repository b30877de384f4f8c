import { describe, expect, it } from "vitest";
import type { Deployment } from "@/lib/api/types";
import { byNeed, overallPercent, secondsLeft, titleOf, waitsFor } from "./states";

function deployment(over: Partial<Deployment>): Deployment {
  return {
    id: "d",
    state: "running",
    reason: null,
    silent: false,
    can_retry: null,
    can_abort: true,
    device: null,
    computer_name: null,
    profile: { id: "p", name: "Clean install", version: 1 },
    site: null,
    machine: { manufacturer: null, model: null, serial: null, smbios_uuid: null, mac: null },
    step: { position: null, name: null, done: 0, total: 0 },
    progress: null,
    error: null,
    starts: 1,
    approved_how: null,
    approved_by: null,
    created_by: { type: "user", id: null, name: "Anna" },
    created_at: "2026-11-24T10:00:00Z",
    armed_until: null,
    approved_at: null,
    started_at: null,
    consumed_at: null,
    enrolled_at: null,
    finished_at: null,
    last_report_at: null,
    abort_requested_by: null,
    version: 1,
    ...over,
  };
}

describe("the wall's order", () => {
  it("puts what failed first, then what fell silent, then what waits for a person", () => {
    const all = [
      deployment({ id: "armed", state: "armed" }),
      deployment({ id: "running" }),
      deployment({ id: "silent", silent: true }),
      deployment({ id: "approval", state: "waiting_for_approval" }),
      deployment({ id: "failed", state: "failed" }),
    ];
    expect(byNeed(all).map((each) => each.id)).toEqual(["failed", "silent", "approval", "running", "armed"]);
  });
});

describe("progress", () => {
  it("counts finished steps and the share of the running one", () => {
    const half = deployment({
      step: { position: 1, name: "Apply image", done: 1, total: 4 },
      progress: { percent: 50, bytes_done: 500, bytes_total: 1000, bytes_per_s: 100, text: null },
    });
    expect(overallPercent(half)).toBe(37.5);
    expect(secondsLeft(half)).toBe(5);
  });

  it("is unknown before the steps are", () => {
    expect(overallPercent(deployment({}))).toBeNull();
    expect(secondsLeft(deployment({}))).toBeNull();
  });
});

describe("words", () => {
  it("names a machine by the best it has", () => {
    const machine = {
      manufacturer: null,
      model: null,
      serial: "SN1",
      smbios_uuid: null,
      mac: "52:54:00:00:00:01",
    };
    expect(titleOf(deployment({ machine }))).toBe("SN1");
    expect(titleOf(deployment({ machine, computer_name: "BER-0001" }))).toBe("BER-0001");
    expect(titleOf(deployment({}))).toBe("Unknown machine");
  });

  it("says why something waits, and prefers what the server says", () => {
    expect(waitsFor(deployment({ state: "armed" }))).toContain("start from the network");
    expect(waitsFor(deployment({ state: "armed", reason: "Another model" }))).toBe("Another model");
    expect(waitsFor(deployment({}))).toBeNull();
  });
});
