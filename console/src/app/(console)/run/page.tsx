import { RunPage } from "./_components/run-page";

export default function Page() {
  return <RunPage />;
}
