/** Every page that is there once signed in; `id` is filled in with the object the story made. */
export const PAGES = {
  overview: "/",
  devices: "/devices/",
  device: "/devices/detail/?id=:device",
  "device-actions": "/devices/detail/?id=:device&tab=actions",
  "device-activity": "/devices/detail/?id=:device&tab=activity",
  deployments: "/deployments/",
  "deployments-all": "/deployments/?tab=all",
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

export function addressOf(
  page: keyof typeof PAGES,
  ids: { device: string; action: string; script: string },
): string {
  return PAGES[page]
    .replace(":device", ids.device)
    .replace(":action", ids.action)
    .replace(":script", ids.script);
}
