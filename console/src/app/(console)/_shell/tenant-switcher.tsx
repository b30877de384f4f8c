"use client";

import { ChevronsUpDown } from "lucide-react";
import { Button } from "@/components/button";
import { Menu, MenuChoices } from "@/components/menu";
import { useChooseTenant } from "@/features/identity/api";
import { useMe } from "@/lib/session";

/** Only when there are several: a company alone never sees the word tenant. */
export function TenantSwitcher() {
  const { tenant, tenants } = useMe();
  const choose = useChooseTenant();
  if (tenants.length < 2) return null;
  return (
    <Menu
      align="start"
      trigger={
        <Button variant="ghost" busy={choose.isPending} aria-label={`Organisation: ${tenant.name}. Change`}>
          <span className="max-w-32 truncate">{tenant.name}</span>
          <ChevronsUpDown className="size-3.5" strokeWidth={1.5} aria-hidden />
        </Button>
      }
    >
      <MenuChoices
        label="Organisation"
        value={tenant.id}
        choices={tenants.map(({ id, name }) => ({ value: id, label: name }))}
        onChange={(id) => choose.mutate(id)}
      />
    </Menu>
  );
}
