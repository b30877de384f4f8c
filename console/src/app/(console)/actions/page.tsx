import { ActionsPage } from "./_components/actions-page";

export default function Page() {
  return <ActionsPage />;
}
