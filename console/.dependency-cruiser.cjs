/** app → features → components and lib. Back-references, so a new feature needs no new line. */
module.exports = {
  forbidden: [
    {
      name: "no-circular",
      comment: "Two modules that need each other are one module, or miss a third.",
      severity: "error",
      // The generated client reads its configuration, which is typed by it.
      from: { pathNot: "^src/lib/api/" },
      to: { circular: true },
    },
    {
      name: "no-feature-imports-another",
      comment:
        "Compose features in a page under src/app, or move what both need to src/components or src/lib.",
      severity: "error",
      from: { path: "^src/features/([^/]+)/" },
      to: { path: "^src/features/([^/]+)/", pathNot: "^src/features/$1/" },
    },
    {
      name: "features-do-not-know-pages",
      comment: "A feature is used by pages; it does not know them.",
      severity: "error",
      from: { path: "^src/features/" },
      to: { path: "^src/app/" },
    },
    {
      name: "shared-knows-no-feature",
      comment: "src/components and src/lib serve every feature, so they know none.",
      severity: "error",
      from: { path: "^src/(components|lib)/" },
      to: { path: "^src/(features|app)/" },
    },
    {
      name: "only-api-files-fetch",
      comment: "Requests, query keys and invalidation of a feature live in its api.ts and nowhere else.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/features/[^/]+/api\\.ts$|^src/lib/api/" },
      to: { path: "^src/lib/api/generated/(sdk|client)", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "types-by-our-words",
      comment: "Take the shape from src/lib/api/types.ts, which names it as the console does.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/lib/api/" },
      to: { path: "^src/lib/api/generated/types" },
    },
    {
      name: "no-unknown",
      comment: "This import leads nowhere.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "\\.css$" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^src/lib/api/generated/(client|core)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
      mainFields: ["module", "main", "types"],
    },
  },
};
