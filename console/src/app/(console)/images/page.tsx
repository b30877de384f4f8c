import { ImagesPage } from "./_components/images-page";

export default function Page() {
  return <ImagesPage />;
}
