import { ButtonLink } from "@/components/button";
import { Door } from "@/components/door";

export default function NotFound() {
  return (
    <Door title="There is no such page" description="The address may be old, or mistyped.">
      <ButtonLink href="/" variant="primary">
        To the overview
      </ButtonLink>
    </Door>
  );
}
