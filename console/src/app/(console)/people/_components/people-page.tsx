"use client";

import { Page } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { type TabSpec, Tabs } from "@/components/tabs";
import { ApiKeysTab } from "@/features/identity/components/api-keys-tab";
import { RolesTab } from "@/features/identity/components/roles-tab";
import { UsersTab } from "@/features/identity/components/users-tab";
import { usePageTitle } from "@/lib/page-title";
import { useCan } from "@/lib/session";

export function PeoplePage() {
  usePageTitle("People");
  const can = useCan();
  const more: TabSpec[] = [
    ...(can("roles:read") ? [{ id: "roles", label: "Roles", content: <RolesTab /> }] : []),
    ...(can("api_keys:read") ? [{ id: "keys", label: "API keys", content: <ApiKeysTab /> }] : []),
  ];
  return (
    <Page>
      <PageHeader
        title="People"
        description="Who may sign in, what they may do, and the keys programs use."
      />
      <Tabs label="People" tabs={[{ id: "users", label: "Users", content: <UsersTab /> }, ...more]} />
    </Page>
  );
}
