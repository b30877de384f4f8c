import type { CreateClientConfig } from "./generated/client.gen";

/** The browser talks to the origin that served the page; in development Next rewrites /api to the server. */
export const createClientConfig: CreateClientConfig = (config) => ({
  ...config,
  baseUrl: "",
  credentials: "same-origin",
  throwOnError: true,
});
