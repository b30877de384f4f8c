"use client";

import { Page } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { PasswordPanel } from "@/features/identity/components/password-panel";
import { ProfilePanel } from "@/features/identity/components/profile-panel";
import { SecondFactorPanel } from "@/features/identity/components/second-factor-panel";
import { SessionsPanel } from "@/features/identity/components/sessions-panel";
import { usePageTitle } from "@/lib/page-title";

export function AccountPage() {
  usePageTitle("Account");
  return (
    <Page width="form">
      <PageHeader title="Account" description="Who you are here, and how you sign in." />
      <div className="flex flex-col gap-5">
        <ProfilePanel />
        <PasswordPanel />
        <SecondFactorPanel />
        <SessionsPanel />
      </div>
    </Page>
  );
}
