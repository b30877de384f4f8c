import { listAuditEvents } from "@/lib/api/generated/sdk.gen";
import { type ListState, listQuery } from "@/lib/api/request";
import type { AuditEvent } from "@/lib/api/types";
import { collect, cursorList } from "@/lib/list/cursor-list";

export const auditKeys = { list: (state: ListState) => ["audit", state] as const };

export const auditQuery = (state: ListState) =>
  cursorList<AuditEvent>({
    queryKey: auditKeys.list(state),
    fetchPage: (cursor, signal) => listAuditEvents({ query: listQuery(state, cursor), signal }),
  });

const CSV_LIMIT = 10_000;
export const collectAudit = (state: ListState) =>
  collect<AuditEvent>(
    (cursor) => listAuditEvents({ query: listQuery({ ...state, limit: 200 }, cursor) }),
    CSV_LIMIT,
  );
