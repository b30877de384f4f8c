/** The only place that builds addresses of the console. */
export const paths = {
  overview: "/",
  devices: "/devices/",
  device: (id: string) => `/devices/detail/?id=${id}`,
  actions: "/actions/",
  actionsOfBatch: (batchId: string, status?: string) =>
    `/actions/?f=batch_id.eq.${batchId}${status ? `~status.eq.${status}` : ""}`,
  action: (id: string) => `/actions/detail/?id=${id}`,
  groups: "/groups/",
  group: (id: string) => `/groups/detail/?id=${id}`,
  newGroup: "/groups/detail/?id=new",
  devicesOfGroup: (id: string) => `/devices/?f=group.eq.${id}`,
  runs: "/runs/",
  runDetail: (id: string) => `/runs/detail/?id=${id}`,
  deployments: "/deployments/",
  deployment: (id: string) => `/deployments/detail/?id=${id}`,
  boot: "/boot/",
  bootEnvironments: "/boot/?tab=environments",
  images: "/images/",
  image: (id: string) => `/images/detail/?id=${id}`,
  drivers: "/drivers/",
  driverPack: (id: string) => `/drivers/detail/?id=${id}`,
  profilesOfImage: (id: string) => `/profiles/?f=os_image_id.eq.${id}`,
  scripts: "/scripts/",
  script: (id: string) => `/scripts/detail/?id=${id}`,
  newScript: "/scripts/detail/?id=new",
  profiles: "/profiles/",
  profileTemplates: "/profiles/?tab=templates",
  profile: (id: string) => `/profiles/detail/?id=${id}`,
  run: (query: { device?: string[]; script?: string } = {}) => {
    const search = new URLSearchParams();
    if (query.device?.length) search.set("device", query.device.join(","));
    if (query.script) search.set("script", query.script);
    return search.size > 0 ? `/run/?${search}` : "/run/";
  },
  enrollment: "/enrollment/",
  people: "/people/",
  audit: "/audit/",
  auditOf: (targetId: string) => `/audit/?f=target_id.eq.${targetId}`,
  secrets: "/secrets/",
  settings: "/settings/",
  account: "/account/",
  setup: "/setup/",
  signIn: "/sign-in/",
  welcome: "/welcome/",
} as const;
