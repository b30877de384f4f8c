import { DeploymentPage } from "./_components/deployment-page";

export default function Page() {
  return <DeploymentPage />;
}
