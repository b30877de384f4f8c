import { DriverPackPage } from "./_components/driver-pack-page";

export default function Page() {
  return <DriverPackPage />;
}
