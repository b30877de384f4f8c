import { ScriptPage } from "./_components/script-page";

export default function Page() {
  return <ScriptPage />;
}
