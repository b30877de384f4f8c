import { BootPage } from "./_components/boot-page";

export default function Page() {
  return <BootPage />;
}
