"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { Suspense } from "react";
import { Button } from "@/components/button";
import { DataTable } from "@/components/list/data-table";
import { ListBody, ListPage } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { EmptyState } from "@/components/states";
import { enrollmentTokensQuery } from "@/features/enrollment/api";
import { tokenColumns } from "@/features/enrollment/components/token-columns";
import { lazyPart } from "@/lib/lazy-part";
import { useListUrl } from "@/lib/list/list-state";
import { usePageTitle } from "@/lib/page-title";
import { useCan } from "@/lib/session";
import { useUrlValue } from "@/lib/url-state";

const CreateTokenSheet = lazyPart(() =>
  import("@/features/enrollment/components/create-token-sheet").then((module) => module.CreateTokenSheet),
);
const TokenSheet = lazyPart(() =>
  import("@/features/enrollment/components/token-sheet").then((module) => module.TokenSheet),
);

export function EnrollmentPage() {
  usePageTitle("Enrollment");
  const can = useCan();
  const list = useListUrl("-created_at");
  const [creating, setCreating] = useUrlValue("new");
  const [openId, setOpenId] = useUrlValue("token");
  const tokens = useInfiniteQuery(enrollmentTokensQuery(list.request));
  const open = tokens.data?.items.find((token) => token.id === openId);
  const create = can("enrollment:write") && (
    <Button variant="primary" onClick={() => setCreating("1")}>
      <Plus className="size-4" strokeWidth={1.5} aria-hidden />
      Enroll devices
    </Button>
  );
  return (
    <ListPage>
      <PageHeader
        title="Enrollment"
        description="A token lets computers join for a while. Each makes its own key; the token is not kept on it."
        actions={tokens.data?.items.length !== 0 && create}
      />
      <ListBody>
        <DataTable
          label="Enrollment tokens"
          query={tokens}
          columns={tokenColumns((token) => setOpenId(token.id))}
          list={list}
          rowId={(token) => token.id}
          onOpen={(token) => setOpenId(token.id)}
          rowStamp={(token) => `${token.state} ${token.uses}`}
          empty={
            <EmptyState icon={KeyRound} title="No enrollment token yet" action={create}>
              Make one, and run its line on each computer you want to manage.
            </EmptyState>
          }
        />
      </ListBody>
      <Suspense>
        {creating && can("enrollment:write") && <CreateTokenSheet onClose={() => setCreating(null)} />}
        {open && <TokenSheet token={open} onClose={() => setOpenId(null)} />}
      </Suspense>
    </ListPage>
  );
}
