import { queryOptions } from "@tanstack/react-query";
import { listProfiles } from "./generated/sdk.gen";
import { listQuery } from "./request";

const MOST = 200;

/** Names of profiles to choose from, in the forms of several features; the profiles' own pages have the rest. */
export const profileChoicesQuery = queryOptions({
  queryKey: ["profiles", "choices"],
  queryFn: async ({ signal }) => {
    const page = await listProfiles({ query: listQuery({ limit: MOST, sort: "name" }), signal });
    return page.items.map((profile) => ({ value: profile.id, label: profile.name }));
  },
});
