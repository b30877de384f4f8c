import { ProfilePage } from "./_components/profile-page";

export default function Page() {
  return <ProfilePage />;
}
