import { WelcomePage } from "./_components/welcome-page";

export default function Page() {
  return <WelcomePage />;
}
