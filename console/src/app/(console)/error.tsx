"use client";

import { Stumbled } from "@/components/stumbled";

/** A page that broke leaves the rail and the top bar as they are. */
export default function PageError({ error }: { error: Error }) {
  return <Stumbled error={error} />;
}
