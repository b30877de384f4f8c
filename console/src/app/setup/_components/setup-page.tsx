"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ButtonLink } from "@/components/button";
import { Door } from "@/components/door";
import { Callout } from "@/components/panel";
import { ErrorState } from "@/components/states";
import { setupQuery, useCompleteSetup } from "@/features/identity/api";
import { ApiError, errorCode } from "@/lib/api/errors";
import { tokenOf, useFragment } from "@/lib/fragment";
import { usePageTitle } from "@/lib/page-title";
import { paths } from "@/lib/paths";
import { type AdministratorDraft, AdministratorStep } from "./administrator-step";
import { FirstDeviceStep } from "./first-device-step";
import { type OrganisationDraft, OrganisationStep } from "./organisation-step";
import { StepFrame } from "./step-frame";

export function SetupPage() {
  usePageTitle("Set up");
  const fragment = useFragment();
  const setup = useQuery(setupQuery);
  const complete = useCompleteSetup();
  const [step, setStep] = useState<1 | 2 | 3>(1);
  const [administrator, setAdministrator] = useState<AdministratorDraft>({
    name: "",
    email: "",
    password: "",
  });
  const [organisation, setOrganisation] = useState<OrganisationDraft>({ name: "", publicUrl: null });

  if (fragment === null || setup.isPending) return null;
  const done = setup.error instanceof ApiError && setup.error.status === 404 && step !== 3;
  if (done || errorCode(complete.error) === "setup_done") return <AlreadyDone />;
  if (setup.isError && step !== 3) {
    return (
      <Door title="Set up">
        <ErrorState error={setup.error} onRetry={() => setup.refetch()} what="The set-up" />
      </Door>
    );
  }
  const badToken = fragment === "" || errorCode(complete.error) === "setup_token_invalid";
  if (badToken && step !== 3) {
    return (
      <Door title="This link is not complete">
        <Callout tone="bad" title="Open the whole link the server printed">
          It ends with a long token after <span className="font-mono text-xs">#</span>. It is in the server's
          log, and in a file in its data folder that only its owner may read.
        </Callout>
      </Door>
    );
  }
  return (
    <Door wide title="Set up DeployFlow" description="Three short steps. Everything can be changed later.">
      <ol className="flex flex-col gap-3">
        <StepFrame
          number={1}
          title="The first administrator"
          summary={administrator.email}
          state={step === 1 ? "open" : "done"}
          onReopen={step === 2 ? () => setStep(1) : undefined}
        >
          <AdministratorStep draft={administrator} onChange={setAdministrator} onNext={() => setStep(2)} />
        </StepFrame>
        <StepFrame
          number={2}
          title="Name and address"
          summary={organisation.name}
          state={step === 2 ? "open" : step > 2 ? "done" : "later"}
        >
          <OrganisationStep
            draft={organisation}
            onChange={setOrganisation}
            busy={complete.isPending}
            error={complete.error}
            onNext={() =>
              complete.mutate(
                {
                  token: tokenOf(fragment),
                  email: administrator.email.trim(),
                  name: administrator.name.trim(),
                  password: administrator.password,
                  organisation: organisation.name.trim(),
                  public_url: organisation.publicUrl ?? location.origin,
                },
                { onSuccess: () => setStep(3), onError: (error) => isAboutPerson(error) && setStep(1) },
              )
            }
          />
        </StepFrame>
        <StepFrame number={3} title="The first device" state={step === 3 ? "open" : "later"}>
          {step === 3 && <FirstDeviceStep />}
        </StepFrame>
      </ol>
    </Door>
  );
}

function AlreadyDone() {
  return (
    <Door title="This server is set up" description="The link worked once, for the first administrator.">
      <ButtonLink href={paths.signIn} variant="primary" size="lg" className="w-full">
        Sign in
      </ButtonLink>
    </Door>
  );
}

function isAboutPerson(error: unknown): boolean {
  if (errorCode(error) === "password_unfit") return true;
  return (
    error instanceof ApiError &&
    error.errors.some(({ loc }) => loc.some((part) => part === "email" || part === "password"))
  );
}
