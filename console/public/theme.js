// Before the first paint: the remembered theme and rail, so that nothing flashes. A file, not inline, for the CSP.
(() => {
  const root = document.documentElement;
  const read = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };
  const chosen = read("deployflow.theme") ?? "system";
  const light =
    chosen === "light" || (chosen === "system" && matchMedia("(prefers-color-scheme: light)").matches);
  root.dataset.theme = light ? "light" : "dark";
  if (read("deployflow.rail") === "folded") root.dataset.rail = "folded";
})();
