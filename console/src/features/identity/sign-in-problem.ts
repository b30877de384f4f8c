import { errorText } from "@/components/states";
import { ApiError } from "@/lib/api/errors";

/** Signing in fails in few ways; each says what to do. */
export function signInProblem(error: unknown): string | null {
  if (!error) return null;
  if (!(error instanceof ApiError)) return errorText(error);
  switch (error.code) {
    case "credentials_invalid":
      return "This address and password do not fit together.";
    case "code_invalid":
      return "That code does not fit. Wait for the next one, and check the clock of your phone.";
    case "challenge_over":
      return "That took too long. Start again with your password.";
    case "too_many_sign_ins":
      return `Too many tries. Wait ${error.retryAfterSeconds ? `${error.retryAfterSeconds} seconds` : "a few minutes"} and try again.`;
    case "unreachable":
      return "The server does not answer. Check the network, and that it is running.";
    default:
      return errorText(error);
  }
}
