import { client } from "./generated/client.gen";

export type FieldError = { loc: (string | number)[]; msg: string };

/** What every failed call throws. The console decides by `code`, never by text. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly requestId: string | null;
  readonly errors: FieldError[];
  readonly retryAfterSeconds: number | null;

  constructor(problem: Partial<ProblemBody>, status: number, retryAfter: string | null = null) {
    super(problem.detail ?? problem.title ?? "The server could not be reached.");
    this.name = "ApiError";
    this.code = problem.code ?? (status === 0 ? "unreachable" : `http_${status}`);
    this.status = status;
    this.requestId = problem.request_id ?? null;
    this.errors = problem.errors ?? [];
    this.retryAfterSeconds = retryAfter ? Number(retryAfter) || null : null;
  }
}

type ProblemBody = {
  title: string;
  detail: string;
  code: string;
  request_id: string | null;
  errors: FieldError[] | null;
};

client.interceptors.error.use((error, response) => {
  if (error instanceof DOMException && error.name === "AbortError") return error;
  const problem = typeof error === "object" && error !== null ? (error as Partial<ProblemBody>) : {};
  if (!response) return new ApiError({}, 0);
  return new ApiError(problem, response.status, response.headers.get("Retry-After"));
});

export function errorCode(error: unknown): string | null {
  return error instanceof ApiError ? error.code : null;
}

/** The message under one field: the server names it by the last word of `loc`. */
export function fieldError(error: unknown, field: string): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  return error.errors.find((entry) => entry.loc.at(-1) === field || entry.loc.includes(field))?.msg;
}
