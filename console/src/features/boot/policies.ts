/** What a site does with a machine that nobody knows. */
export const POLICIES = [
  { value: "menu", label: "Show the menu of profiles" },
  { value: "wait", label: "Wait for approval in the console" },
  { value: "local_disk", label: "Start from the local disk" },
] as const;
