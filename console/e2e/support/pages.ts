/** Every page that is there once signed in; `:name` is filled in with an object that was made. */
export const PAGES = {
  overview: "/",
  devices: "/devices/",
  device: "/devices/detail/?id=:device",
  "device-actions": "/devices/detail/?id=:device&tab=actions",
  "device-deployments": "/devices/detail/?id=:device&tab=deployments",
  "device-activity": "/devices/detail/?id=:device&tab=activity",
  deployments: "/deployments/",
  "deployments-all": "/deployments/?tab=all",
  deployment: "/deployments/detail/?id=:deployment",
  profiles: "/profiles/",
  "profiles-templates": "/profiles/?tab=templates",
  "profiles-new": "/profiles/?new=1",
  profile: "/profiles/detail/?id=:profile",
  "profile-versions": "/profiles/detail/?id=:profile&tab=versions",
  boot: "/boot/",
  "boot-sites": "/boot/?tab=sites",
  "boot-environments": "/boot/?tab=environments",
  images: "/images/",
  "image-new": "/images/?new=1",
  drivers: "/drivers/",
  "driver-new": "/drivers/?new=1",
  "driver-models": "/drivers/?tab=models",
  "boot-pins": "/boot/?tab=pins",
  actions: "/actions/",
  action: "/actions/detail/?id=:action",
  runs: "/runs/",
  groups: "/groups/",
  "group-new": "/groups/detail/?id=new",
  scripts: "/scripts/",
  script: "/scripts/detail/?id=:script",
  "script-versions": "/scripts/detail/?id=:script&tab=versions",
  "script-new": "/scripts/detail/?id=new",
  run: "/run/?device=:device&script=:script",
  enrollment: "/enrollment/",
  "enrollment-new": "/enrollment/?new=1",
  people: "/people/",
  roles: "/people/?tab=roles",
  "api-keys": "/people/?tab=keys",
  secrets: "/secrets/",
  audit: "/audit/",
  settings: "/settings/",
  account: "/account/",
  "not-found": "/no-such-page/",
} as const;

export type PageKey = keyof typeof PAGES;
type Named = "device" | "deployment" | "profile" | "action" | "script";
export type Ids = Partial<Record<Named, string>>;

const NAMED = /:([a-z]+)/g;

/** The pages whose objects are there. */
export function pagesWith(ids: Ids): PageKey[] {
  return (Object.keys(PAGES) as PageKey[]).filter((key) =>
    [...PAGES[key].matchAll(NAMED)].every(([, name]) => ids[name as Named]),
  );
}

export function addressOf(page: PageKey, ids: Ids): string {
  return PAGES[page].replace(NAMED, (_, name: Named) => ids[name] ?? "");
}
