import { ScriptsPage } from "./_components/scripts-page";

export default function Page() {
  return <ScriptsPage />;
}
