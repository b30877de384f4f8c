import type { DetailedError } from "tus-js-client";

/** What the server answered to a failed request; 0 where it did not. */
export function statusOf(error: Error | DetailedError): number {
  return answerOf(error)?.getStatus() ?? 0;
}

/** 409: it is at another place, which the next question finds out. 423: the cut request has not ended yet. */
export function isPassing(status: number): boolean {
  return status === 0 || [409, 423, 429, 460].includes(status) || (status >= 500 && status !== 507);
}

export function sentenceOf(error: Error | DetailedError): string {
  const answer = answerOf(error);
  const status = answer?.getStatus() ?? 0;
  if (!answer || status === 0) return "The server has not been reached for a quarter of an hour.";
  if (status === 401) return "You were signed out meanwhile: sign in again, and go on.";
  try {
    const problem = JSON.parse(answer.getBody()) as { detail?: string; title?: string };
    return problem.detail ?? problem.title ?? `The server answered ${status}.`;
  } catch {
    return `The server answered ${status}.`;
  }
}

function answerOf(error: Error | DetailedError) {
  return "originalResponse" in error ? error.originalResponse : null;
}
