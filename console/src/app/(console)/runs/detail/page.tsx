import { RunDetailPage } from "./_components/run-detail-page";

export default function Page() {
  return <RunDetailPage />;
}
