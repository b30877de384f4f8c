import { DevicesPage } from "./_components/devices-page";

export default function Page() {
  return <DevicesPage />;
}
