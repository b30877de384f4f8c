import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  approveBootSession,
  changeBootSite,
  deleteBootSite,
  denyBootSession,
  forgetDiscoveredMachine,
  listBootSessions,
  listBootSites,
  listDiscoveredMachines,
  listTechnicianPins,
  makeBootSite,
  makeTechnicianPin,
  revokeTechnicianPin,
} from "@/lib/api/generated/sdk.gen";
import { ifMatch, type ListState, listQuery } from "@/lib/api/request";
import type { BootSession, BootSite, BootSiteIn, DiscoveredMachine, TechnicianPin } from "@/lib/api/types";
import { cursorList } from "@/lib/list/cursor-list";

export const bootKeys = {
  sessions: ["boot_sessions"] as const,
  waiting: ["boot_sessions", "waiting"] as const,
  sites: ["boot_sites"] as const,
  machines: (state: ListState) => ["discovered_machines", "list", state] as const,
  pins: (state: ListState) => ["technician_pins", "list", state] as const,
};

const WAITING_POLL_MS = 5_000;

/** Machines whose code waits to be compared. */
export const waitingSessionsQuery = queryOptions({
  queryKey: bootKeys.waiting,
  queryFn: async ({ signal }): Promise<BootSession[]> => {
    const page = await listBootSessions({
      query: listQuery({ limit: 100, filters: [{ field: "state", op: "eq", value: "waiting" }] }),
      signal,
    });
    return page.items;
  },
  // The event stream tells of each one; this catches what it missed while somebody is watching.
  refetchInterval: WAITING_POLL_MS,
});

export const bootSitesQuery = queryOptions({
  queryKey: bootKeys.sites,
  queryFn: async ({ signal }): Promise<BootSite[]> =>
    (await listBootSites({ query: listQuery({ limit: 200 }), signal })).items,
});

export const machinesQuery = (state: ListState) =>
  cursorList<DiscoveredMachine>({
    queryKey: bootKeys.machines(state),
    fetchPage: (cursor, signal) =>
      listDiscoveredMachines({ query: listQuery({ ...state, total: true }, cursor), signal }),
  });

export const pinsQuery = (state: ListState) =>
  cursorList<TechnicianPin>({
    queryKey: bootKeys.pins(state),
    fetchPage: (cursor, signal) =>
      listTechnicianPins({ query: listQuery({ ...state, total: true }, cursor), signal }),
  });

function useBootMutation<Input, Output>(
  key: readonly string[],
  mutationFn: (input: Input) => Promise<Output>,
) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: key }),
        queryClient.invalidateQueries({ queryKey: ["deployments"] }),
        queryClient.invalidateQueries({ queryKey: ["overview"] }),
      ]),
  });
}

export const useApproveSession = () =>
  useBootMutation(
    bootKeys.sessions,
    ({ session, code, profileId }: { session: BootSession; code: string; profileId: string | null }) =>
      approveBootSession({ path: { session_id: session.id }, body: { code, profile_id: profileId } }),
  );

export const useDenySession = () =>
  useBootMutation(bootKeys.sessions, ({ session, reason }: { session: BootSession; reason: string | null }) =>
    denyBootSession({ path: { session_id: session.id }, body: { reason } }),
  );

export const useSaveSite = () =>
  useBootMutation(bootKeys.sites, ({ saved, draft }: { saved: BootSite | null; draft: BootSiteIn }) =>
    saved
      ? changeBootSite({ path: { site_id: saved.id }, body: draft, headers: ifMatch(saved.version) })
      : makeBootSite({ body: draft }),
  );

export const useDeleteSite = () =>
  useBootMutation(bootKeys.sites, (site: BootSite) =>
    deleteBootSite({ path: { site_id: site.id }, headers: ifMatch(site.version) }),
  );

export const useForgetMachine = () =>
  useBootMutation(["discovered_machines"], (machine: DiscoveredMachine) =>
    forgetDiscoveredMachine({ path: { machine_id: machine.id } }),
  );

export const useMakePin = () =>
  useBootMutation(["technician_pins"], (body: { site_id: string; name: string; hours: number }) =>
    makeTechnicianPin({ body }),
  );

export const useRevokePin = () =>
  useBootMutation(["technician_pins"], (pin: TechnicianPin) =>
    revokeTechnicianPin({ path: { pin_id: pin.id } }),
  );
