"use client";

import "./globals.css";
import { Stumbled } from "@/components/stumbled";

/** The last net: the frame of the console itself broke. */
export default function GlobalError({ error }: { error: Error }) {
  return (
    <html lang="en" data-theme="dark">
      <body className="grid min-h-dvh place-items-center">
        <main>
          <h1 className="sr-only">DeployFlow</h1>
          <Stumbled error={error} />
        </main>
      </body>
    </html>
  );
}
