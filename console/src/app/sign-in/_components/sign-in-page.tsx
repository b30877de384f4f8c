"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Door } from "@/components/door";
import { Callout } from "@/components/panel";
import { identityKeys, setupQuery } from "@/features/identity/api";
import { PasswordForm } from "@/features/identity/components/password-form";
import { TotpForm } from "@/features/identity/components/totp-form";
import type { Me } from "@/lib/api/types";
import { safeNext } from "@/lib/next-address";
import { usePageTitle } from "@/lib/page-title";
import { useUrlValue } from "@/lib/url-state";

export function SignInPage() {
  usePageTitle("Sign in");
  const router = useRouter();
  const queryClient = useQueryClient();
  const [next] = useUrlValue("next");
  const [challenge, setChallenge] = useState<string | null>(null);
  const setup = useQuery(setupQuery);
  const enter = (me: Me | null | undefined) => {
    queryClient.clear();
    if (me) queryClient.setQueryData(identityKeys.session, me);
    router.replace(safeNext(next));
  };
  if (setup.data?.open) {
    return (
      <Door title="Not set up yet">
        <Callout tone="wait" title="Open the link the server printed">
          It is in the server's log, and in the file <span className="font-mono text-xs">setup-link</span> in
          its data folder. It leads to the first administrator.
        </Callout>
      </Door>
    );
  }
  return challenge ? (
    <Door title="Second factor" description="Type the code your authenticator shows, or a recovery code.">
      <TotpForm challenge={challenge} onSignedIn={enter} onOver={() => setChallenge(null)} />
    </Door>
  ) : (
    <Door title="Sign in">
      <PasswordForm onSignedIn={enter} onChallenge={setChallenge} />
    </Door>
  );
}
