"use client";

import { useQuery } from "@tanstack/react-query";
import { Network, Plus } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/button";
import { CommandLine } from "@/components/command-line";
import { Callout, Facts, Panel } from "@/components/panel";
import { EmptyState, ErrorState, PanelSkeleton } from "@/components/states";
import type { BootSite } from "@/lib/api/types";
import { plural } from "@/lib/format";
import { useCan } from "@/lib/session";
import { bootSitesQuery } from "../api";
import { POLICIES } from "../policies";
import { SiteSheet } from "./site-sheet";

export function SitesTab() {
  const can = useCan();
  const sites = useQuery(bootSitesQuery);
  const [open, setOpen] = useState<BootSite | "new" | null>(null);
  if (sites.isError && !sites.data) {
    return <ErrorState error={sites.error} onRetry={() => sites.refetch()} what="Boot sites" />;
  }
  if (!sites.data) return <PanelSkeleton rows={4} label="Loading boot sites" />;
  const add = can("boot:write") && (
    <Button variant="primary" onClick={() => setOpen("new")}>
      <Plus className="size-4" strokeWidth={1.5} aria-hidden />
      New site
    </Button>
  );
  return (
    <div className="flex max-w-240 flex-col gap-5">
      {sites.data.length === 0 ? (
        <div className="rounded-panel border border-line bg-surface">
          <EmptyState icon={Network} title="No boot site" action={add}>
            A site is a network that machines start from. Its address goes into DHCP.
          </EmptyState>
        </div>
      ) : (
        <div className="flex justify-end empty:hidden">{add}</div>
      )}
      {sites.data.map((site) => (
        <Panel
          key={site.id}
          title={
            <>
              {site.name} <span className="ml-1 font-mono font-normal text-muted text-sm">{site.code}</span>
            </>
          }
          actions={can("boot:write") && <Button onClick={() => setOpen(site)}>Edit</Button>}
        >
          <div className="flex flex-col gap-4">
            {site.trusted_network ? (
              <Callout tone="wait" title="Plain HTTP is accepted here">
                Whoever can change what is sent in this network decides what its machines start. Keep it for a
                network that only you reach.
              </Callout>
            ) : (
              site.script_url.startsWith("http:") && (
                <Callout tone="bad" title="Machines do not start here yet">
                  The address is plain HTTP, and the network is not marked as trusted. Edit the site and trust
                  its network, or give the server an https address.
                </Callout>
              )
            )}
            <Facts
              facts={[
                {
                  label: "Unknown machines",
                  value: POLICIES.find((policy) => policy.value === site.unknown_machines)?.label,
                },
                { label: "Environment", value: site.environment === "linux" ? "Linux" : "WinPE" },
                {
                  label: "Menu",
                  value:
                    site.profile_ids.length > 0
                      ? `${plural(site.profile_ids.length, "profile")}, ${site.menu_timeout_s} s`
                      : `all profiles, ${site.menu_timeout_s} s`,
                },
                { label: "Networks", value: site.networks.join(", ") || "everywhere" },
              ]}
            />
            <CommandLine title="Address for DHCP" label="Copy the address" value={site.script_url} />
          </div>
        </Panel>
      ))}
      {open && <SiteSheet site={open === "new" ? null : open} onClose={() => setOpen(null)} />}
    </div>
  );
}
