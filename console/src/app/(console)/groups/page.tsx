import { GroupsPage } from "./_components/groups-page";

export default function Page() {
  return <GroupsPage />;
}
