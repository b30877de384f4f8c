import { ActionPage } from "./_components/action-page";

export default function Page() {
  return <ActionPage />;
}
