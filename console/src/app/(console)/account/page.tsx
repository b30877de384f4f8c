import { AccountPage } from "./_components/account-page";

export default function Page() {
  return <AccountPage />;
}
