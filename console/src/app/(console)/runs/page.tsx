import { RunsPage } from "./_components/runs-page";

export default function Page() {
  return <RunsPage />;
}
