import { DevicePage } from "./_components/device-page";

export default function Page() {
  return <DevicePage />;
}
