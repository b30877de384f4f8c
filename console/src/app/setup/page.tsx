import { SetupPage } from "./_components/setup-page";

export default function Page() {
  return <SetupPage />;
}
