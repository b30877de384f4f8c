import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError, errorCode } from "@/lib/api/errors";
import { askStepUp } from "@/lib/step-up-store";

export function createQueryClient(): QueryClient {
  const client = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        // The session ended elsewhere or ran out: asking for it again leads to the sign-in page.
        const signedOut = error instanceof ApiError && error.status === 401;
        if (signedOut && query.queryKey[0] !== "session") client.invalidateQueries({ queryKey: ["session"] });
      },
    }),
    mutationCache: new MutationCache({
      onError: (error, variables, _context, mutation) => {
        if (errorCode(error) === "step_up_required") {
          askStepUp({ retry: () => void mutation.execute(variables).catch(() => undefined) });
        }
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 20_000,
        // A refusal will be refused again; a lost connection may come back.
        retry: (count, error) =>
          count < 2 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 502),
      },
    },
  });
  return client;
}
