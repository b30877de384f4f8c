import { GroupPage } from "./_components/group-page";

export default function Page() {
  return <GroupPage />;
}
