"use client";

import { useRouter } from "next/navigation";
import type { MouseEvent, ReactNode } from "react";
import { cn } from "@/lib/cn";

type CellLinkProps = { href: string; title?: string; className?: string; children: ReactNode };

/**
 * A link in a row of a list. Not next/link, which observes every link and fetches its page ahead: with thousands of
 * rows going by that was most of the time of scrolling. Here the page is fetched ahead when the link is pressed.
 */
export function CellLink({ href, title, className, children }: CellLinkProps) {
  const router = useRouter();
  const follow = (event: MouseEvent) => {
    const elsewhere = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (event.defaultPrevented || elsewhere) return;
    event.preventDefault();
    router.push(href);
  };
  return (
    <a
      href={href}
      title={title}
      onPointerDown={() => router.prefetch(href)}
      onClick={follow}
      className={cn("rounded-control hover:underline", className)}
    >
      {children}
    </a>
  );
}
