// Renders /api/openapi.json. Everything is written as text nodes: the description is data, not markup.

const spec = await (await fetch("/api/openapi.json")).json();
const main = document.getElementById("main");
const nav = document.getElementById("nav");
document.getElementById("version").textContent = spec.info.version;

function el(tag, props = {}, ...children) {
  const made = Object.assign(document.createElement(tag), props);
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

const resolve = (schema) => (schema?.$ref ? spec.components.schemas[schema.$ref.split("/").at(-1)] : schema) ?? {};

/** A value as the schema describes it, short enough to read. */
function example(schema, depth = 0) {
  const found = resolve(schema);
  if (found.const !== undefined) return found.const;
  if (found.examples?.length) return found.examples[0];
  if (found.enum) return found.enum.join("|");
  if (found.anyOf || found.oneOf) {
    const options = (found.anyOf ?? found.oneOf).filter((option) => option.type !== "null");
    return example(options[0] ?? {}, depth);
  }
  if (found.allOf) return Object.assign({}, ...found.allOf.map((part) => example(part, depth)));
  if (depth > 5) return "…";
  if (found.type === "array") return [example(found.items, depth + 1)];
  if (found.properties) {
    return Object.fromEntries(Object.entries(found.properties).map(([name, of]) => [name, example(of, depth + 1)]));
  }
  if (found.type === "object") return {};
  if (found.type === "integer" || found.type === "number") return 0;
  if (found.type === "boolean") return true;
  return found.format ? `<${found.format}>` : "…";
}

function typeOf(schema) {
  const found = resolve(schema);
  if (found.enum) return found.enum.join(" | ");
  if (found.anyOf) return found.anyOf.map(typeOf).join(" | ");
  if (found.type === "array") return `${typeOf(found.items)}[]`;
  return found.format ?? found.type ?? "any";
}

const sample = (schema) => el("pre", { tabIndex: 0 }, JSON.stringify(example(schema), null, 2));

function parameters(operation) {
  if (!operation.parameters?.length) return [];
  const rows = operation.parameters.map((one) =>
    el("tr", {},
      el("td", {}, el("code", {}, one.name), one.required ? "" : el("span", { className: "muted" }, " optional")),
      el("td", { className: "muted" }, `${one.in}, ${typeOf(one.schema)}`),
      el("td", {}, one.description ?? "")));
  return [el("h3", {}, "Parameters"), el("table", {}, el("tbody", {}, ...rows))];
}

function answers(operation) {
  const shown = [];
  for (const [status, answer] of Object.entries(operation.responses)) {
    if (status === "default") continue;
    const [kind, media] = Object.entries(answer.content ?? {})[0] ?? [];
    shown.push(el("h3", {}, `${status} ${kind ?? answer.description}`));
    if (media?.schema && kind === "application/json") shown.push(sample(media.schema));
  }
  return shown;
}

function access(operation) {
  const names = operation.security.flatMap((one) => Object.keys(one));
  return names.length ? `Needs: ${names.join(" or ")}` : "Open to everybody";
}

function render(path, method, operation) {
  const details = el("details", { id: operation.operationId },
    el("summary", {},
      el("span", { className: "method" }, method.toUpperCase()),
      el("span", { className: "path" }, path),
      el("span", { className: "muted" }, operation.description ?? operation.summary ?? "")));
  details.dataset.words = `${method} ${path} ${operation.operationId} ${operation.description ?? ""}`.toLowerCase();
  details.addEventListener("toggle", () => {
    if (!details.open || details.children.length > 1) return;
    const body = operation.requestBody?.content?.["application/json"]?.schema;
    details.append(el("div", { className: "body" },
      el("p", { className: "muted" }, `${operation.operationId} · ${access(operation)}`),
      ...parameters(operation),
      ...(body ? [el("h3", {}, "Body"), sample(body)] : []),
      ...answers(operation)));
  });
  return details;
}

const areas = new Map(spec.tags.map((tag) => [tag.name, { ...tag, shown: [] }]));
for (const [path, operations] of Object.entries(spec.paths)) {
  for (const [method, operation] of Object.entries(operations)) {
    const tag = operation.tags?.[0] ?? "other";
    if (!areas.has(tag)) areas.set(tag, { name: tag, description: "", shown: [] });
    areas.get(tag).shown.push(render(path, method, operation));
  }
}
main.replaceChildren();
for (const area of areas.values()) {
  if (!area.shown.length) continue;
  const id = `area-${area.name.replaceAll(" ", "-")}`;
  nav.append(el("a", { href: `#${id}` }, area.name));
  main.append(el("section", { id }, el("h2", {}, area.name), el("p", { className: "muted" }, area.description), ...area.shown));
}

document.getElementById("filter").addEventListener("input", (event) => {
  const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const details of main.querySelectorAll("details")) {
    details.hidden = !words.every((word) => details.dataset.words.includes(word));
  }
  for (const section of main.querySelectorAll("section")) {
    section.hidden = !section.querySelector("details:not([hidden])");
  }
});

const wanted = document.getElementById(location.hash.slice(1));
if (wanted) {
  if (wanted.tagName === "DETAILS") wanted.open = true;
  wanted.scrollIntoView();
}
