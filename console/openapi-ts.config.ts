// Plain object: the generator needs TypeScript's compiler API, which TypeScript 7 does not have yet, so
// `npm run generate` runs it from its own npx environment beside TypeScript 6 and it is not a dependency.
export default {
  // Exported by the server; OPENAPI tries another one.
  input: process.env.OPENAPI ?? "../contracts/openapi.json",
  output: { path: "src/lib/api/generated" },
  plugins: [
    "@hey-api/typescript",
    { name: "@hey-api/sdk", responseStyle: "data" },
    { name: "@hey-api/client-fetch", throwOnError: true, runtimeConfigPath: "./src/lib/api/runtime-config" },
  ],
};
