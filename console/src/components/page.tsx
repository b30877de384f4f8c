import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

type PageProps = { children: ReactNode; width?: "full" | "wide" | "form" };

const widths = { full: "", wide: "max-w-330", form: "max-w-180" };

/** A page that scrolls as a whole: forms, details. */
export function Page({ children, width = "full" }: PageProps) {
  return <div className={cn("px-4 py-5 md:px-6 md:py-6", widths[width])}>{children}</div>;
}

/** A page that is one list: head and toolbar stay, the table scrolls. */
export function ListPage({ children }: { children: ReactNode }) {
  return <div className="relative flex h-full min-h-0 flex-col px-4 py-5 md:px-6 md:py-6">{children}</div>;
}

/** Where the table of a ListPage goes; it takes what height is left. */
export function ListBody({ children }: { children: ReactNode }) {
  return <div className="min-h-0 flex-1">{children}</div>;
}
