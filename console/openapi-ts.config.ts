import { defineConfig } from "@hey-api/openapi-ts";

export default defineConfig({
  // Exported by the server; OPENAPI tries another one.
  input: process.env.OPENAPI ?? "../contracts/openapi.json",
  output: { path: "src/lib/api/generated" },
  plugins: [
    "@hey-api/typescript",
    { name: "@hey-api/sdk", responseStyle: "data" },
    { name: "@hey-api/client-fetch", throwOnError: true, runtimeConfigPath: "./src/lib/api/runtime-config" },
  ],
});
