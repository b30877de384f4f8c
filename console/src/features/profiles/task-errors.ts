import { ApiError } from "@/lib/api/errors";

/** What the server said about one field of a task, `at("partitions", 1, "size_mb")`, or about the whole: `at()`. */
export type FieldErrors = (...path: (string | number)[]) => string | undefined;

/** Paths of a refused save, without the `body` that the framework puts before its own. */
function paths(error: unknown): { path: string[]; message: string }[] {
  if (!(error instanceof ApiError)) return [];
  return error.errors.map(({ loc, msg }) => {
    const path = loc.map(String);
    return { path: path[0] === "body" ? path.slice(1) : path, message: msg.replace(/^Value error, /, "") };
  });
}

/** The numbers of the tasks that a save was refused for. */
export function refusedTasks(error: unknown): Set<number> {
  return new Set(
    paths(error)
      .filter(({ path }) => path[0] === "tasks")
      .map(({ path }) => Number(path[1])),
  );
}

/** Errors of one task; what the field is not named for is said by the whole. */
export function errorsOfTask(error: unknown, index: number): { all: string[]; at: FieldErrors } {
  const found = paths(error)
    .filter(({ path }) => path[0] === "tasks" && path[1] === String(index))
    .map(({ path, message }) => ({ path: path.slice(path[2] === "configuration" ? 3 : 2), message }));
  return {
    all: found.map(({ message }) => message),
    at: (...path) => found.find((one) => isWithin(one.path, path.map(String)))?.message,
  };
}

function isWithin(path: string[], field: string[]): boolean {
  return field.length === 0 ? path.length === 0 : field.every((part, at) => path[at] === part);
}
