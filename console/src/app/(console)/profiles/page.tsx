import { ProfilesPage } from "./_components/profiles-page";

export default function Page() {
  return <ProfilesPage />;
}
