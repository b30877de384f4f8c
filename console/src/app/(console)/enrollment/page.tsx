import { EnrollmentPage } from "./_components/enrollment-page";

export default function Page() {
  return <EnrollmentPage />;
}
