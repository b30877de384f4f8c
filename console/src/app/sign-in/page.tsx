import { SignInPage } from "./_components/sign-in-page";

export default function Page() {
  return <SignInPage />;
}
