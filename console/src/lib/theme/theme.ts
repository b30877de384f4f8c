import { useSyncExternalStore } from "react";

export type ThemeChoice = "dark" | "light" | "system";
const KEY = "deployflow.theme";
const listeners = new Set<() => void>();

export function chooseTheme(choice: ThemeChoice): void {
  localStorage.setItem(KEY, choice);
  const light =
    choice === "light" || (choice === "system" && matchMedia("(prefers-color-scheme: light)").matches);
  document.documentElement.dataset.theme = light ? "light" : "dark";
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  const media = matchMedia("(prefers-color-scheme: light)");
  const followSystem = () => {
    if (currentTheme() === "system") chooseTheme("system");
  };
  listeners.add(listener);
  media.addEventListener("change", followSystem);
  return () => {
    listeners.delete(listener);
    media.removeEventListener("change", followSystem);
  };
}

function currentTheme(): ThemeChoice {
  const stored = localStorage.getItem(KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
}

export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore(subscribe, currentTheme, () => "system");
}
