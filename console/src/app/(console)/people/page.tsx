import { PeoplePage } from "./_components/people-page";

export default function Page() {
  return <PeoplePage />;
}
