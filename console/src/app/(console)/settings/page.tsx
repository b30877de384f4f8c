import { SettingsPage } from "./_components/settings-page";

export default function Page() {
  return <SettingsPage />;
}
