import type { UseQueryResult } from "@tanstack/react-query";
import { SearchX } from "lucide-react";
import type { ReactNode } from "react";
import { ButtonLink } from "@/components/button";
import { ApiError } from "@/lib/api/errors";
import { Page } from "./page";
import { EmptyState, ErrorState, PanelSkeleton } from "./states";

type DetailMissingProps = {
  /** What the address asks for; an address without one, or with a mangled one, leads nowhere. */
  id: string;
  query: UseQueryResult;
  /** "device" */
  noun: string;
  all: { label: string; href: string };
  /** Why one that was here may be gone. */
  children?: ReactNode;
};

/** A page about one object while that is not there: still loading, gone, or not to be had. */
export function DetailMissing({ id, query, noun, all, children }: DetailMissingProps) {
  const refusal = query.error instanceof ApiError ? query.error.status : null;
  const gone = id === "" || refusal === 404 || refusal === 422;
  return (
    <Page>
      <h1 className="sr-only">{noun.charAt(0).toUpperCase() + noun.slice(1)}</h1>
      {gone ? (
        <EmptyState
          icon={SearchX}
          title={`There is no such ${noun}`}
          action={<ButtonLink href={all.href}>{all.label}</ButtonLink>}
        >
          {children}
        </EmptyState>
      ) : query.isError ? (
        <ErrorState error={query.error} onRetry={() => query.refetch()} what={`This ${noun}`} />
      ) : (
        <PanelSkeleton rows={8} label={`Loading the ${noun}`} />
      )}
    </Page>
  );
}
