import { DeploymentsPage } from "./_components/deployments-page";

export default function Page() {
  return <DeploymentsPage />;
}
