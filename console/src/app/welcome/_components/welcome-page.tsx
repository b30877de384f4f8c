"use client";

import { type FormEvent, useState } from "react";
import { Button, ButtonLink } from "@/components/button";
import { Door } from "@/components/door";
import { Callout } from "@/components/panel";
import { PasswordField } from "@/components/password-field";
import { errorText } from "@/components/states";
import { useAcceptInvitation } from "@/features/identity/api";
import { errorCode, fieldError } from "@/lib/api/errors";
import { tokenOf, useFragment } from "@/lib/fragment";
import { usePageTitle } from "@/lib/page-title";
import { MIN_PASSWORD_LENGTH } from "@/lib/password-strength";
import { paths } from "@/lib/paths";

export function WelcomePage() {
  usePageTitle("Welcome");
  const fragment = useFragment();
  const accept = useAcceptInvitation();
  const [password, setPassword] = useState("");
  if (fragment === null) return null;
  const gone = fragment === "" || errorCode(accept.error) === "invitation_invalid";
  if (gone) {
    return (
      <Door title="This link does not work">
        <Callout tone="bad" title="It was used, or is too old">
          Ask an administrator for a new one: People, your name, Make a new link.
        </Callout>
      </Door>
    );
  }
  if (accept.isSuccess) {
    return (
      <Door title="Your password is set" description="Sign in with it now.">
        <ButtonLink href={paths.signIn} variant="primary" size="lg" className="w-full">
          Sign in
        </ButtonLink>
      </Door>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    accept.mutate({ token: tokenOf(fragment), password });
  };
  return (
    <Door title="Welcome" description="Choose the password you will sign in with.">
      <form onSubmit={submit} className="flex flex-col gap-4">
        <PasswordField
          label="Password"
          autoComplete="new-password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          meterContext={[]}
          error={fieldError(accept.error, "password") ?? (accept.error ? errorText(accept.error) : undefined)}
          required
        />
        <Button
          type="submit"
          variant="primary"
          size="lg"
          busy={accept.isPending}
          disabled={password.length < MIN_PASSWORD_LENGTH}
        >
          Set the password
        </Button>
      </form>
    </Door>
  );
}
