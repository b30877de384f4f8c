import { expect, test } from "vitest";
import { importSteps } from "./import-steps";

const marks = (row: Parameters<typeof importSteps>[0]) =>
  importSteps(row)
    .map((step) => step.mark)
    .join(" ");

test("an import's steps say what is done, what runs and what is left", () => {
  const row = { source: "upload", stopped_in: null } as const;
  expect(marks({ ...row, state: "queued" })).toBe("todo todo todo todo todo");
  expect(marks({ ...row, state: "unpacking" })).toBe("done done now todo todo");
  expect(marks({ ...row, state: "ready" })).toBe("done done done done done");
});

test("where it stopped is seen, and that nothing after it happened", () => {
  const row = { source: "url", stopped_in: "verifying" } as const;
  expect(marks({ ...row, state: "failed" })).toBe("done failed todo todo todo");
  expect(marks({ ...row, state: "cancelled" })).toBe("done stopped todo todo todo");
  expect(marks({ source: "url", state: "cancelled", stopped_in: null })).toBe("todo todo todo todo todo");
});
