import { parseAsString, useQueryState } from "nuqs";

/** Detail pages read the query string: a static export has no unknown path segments. */
export function useDetailId(): string {
  const [id] = useQueryState("id", parseAsString.withDefault(""));
  return id;
}
