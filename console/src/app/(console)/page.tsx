import { OverviewPage } from "./_overview/overview-page";

export default function Page() {
  return <OverviewPage />;
}
