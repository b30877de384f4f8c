import { DriversPage } from "./_components/drivers-page";

export default function Page() {
  return <DriversPage />;
}
