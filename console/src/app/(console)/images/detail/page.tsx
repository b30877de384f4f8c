import { ImagePage } from "./_components/image-page";

export default function Page() {
  return <ImagePage />;
}
