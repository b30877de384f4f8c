import { AuditPage } from "./_components/audit-page";

export default function Page() {
  return <AuditPage />;
}
