import "@fontsource-variable/inter";
import "@fontsource-variable/jetbrains-mono";
import "./globals.css";
import type { Metadata, Viewport } from "next";
import { type ReactNode, Suspense } from "react";
import { Providers } from "./providers";

export const metadata: Metadata = {
  title: "DeployFlow",
  description: "Windows deployment and device management",
  icons: { icon: "/icon.svg" },
  robots: { index: false, follow: false },
};

export const viewport: Viewport = { width: "device-width", initialScale: 1 };

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    // theme.js sets attributes on the root before React arrives.
    <html lang="en" data-theme="dark" suppressHydrationWarning>
      <head>
        <script src="/theme.js" />
      </head>
      <body>
        <Providers>
          {/* The export knows no query string: what reads it renders in the browser. */}
          <Suspense>{children}</Suspense>
        </Providers>
      </body>
    </html>
  );
}
