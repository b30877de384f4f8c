import { SecretsPage } from "./_components/secrets-page";

export default function Page() {
  return <SecretsPage />;
}
