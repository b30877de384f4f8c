import { useUrlValue } from "./url-state";

/** Detail pages read the query string: a static export has no unknown path segments. */
export function useDetailId(): string {
  const [id] = useUrlValue("id");
  return id;
}
