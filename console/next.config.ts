import type { NextConfig } from "next";

const server = process.env.DEPLOYFLOW_SERVER ?? "http://127.0.0.1:8480";
const isDev = process.env.NODE_ENV === "development";

const config: NextConfig = {
  // A static export, served by the server itself: no Node at run time.
  ...(isDev ? {} : { output: "export" as const }),
  trailingSlash: true,
  // Otherwise Next redirects /api/v1/devices to /api/v1/devices/ before the rewrite.
  skipTrailingSlashRedirect: true,
  images: { unoptimized: true },
  ...(isDev && {
    rewrites: async () => [{ source: "/api/:path*", destination: `${server}/api/:path*` }],
  }),
};

export default config;
