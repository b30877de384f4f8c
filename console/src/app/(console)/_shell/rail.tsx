"use client";

import { PanelLeft } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { Button } from "@/components/button";
import { ModalFrame } from "@/components/dialog";
import { Mark } from "@/components/mark";
import { cn } from "@/lib/cn";
import { paths } from "@/lib/paths";
import { useCan, useMe } from "@/lib/session";
import { toggleRail, useRailFolded } from "@/lib/theme/rail";
import { GROUPS, type Section, sectionOf } from "./sections";

export function Rail() {
  const folded = useRailFolded();
  return (
    <aside className="hidden w-(--rail) shrink-0 flex-col overflow-hidden border-line border-r bg-canvas md:flex">
      <Brand />
      <Navigation />
      <div className="mt-auto p-2.5">
        <Button
          variant="ghost"
          size="icon"
          onClick={toggleRail}
          aria-expanded={!folded}
          aria-label={folded ? "Open the rail" : "Fold the rail"}
          title={`${folded ? "Open" : "Fold"} the rail  [`}
        >
          <PanelLeft className="size-4" strokeWidth={1.5} aria-hidden />
        </Button>
      </div>
    </aside>
  );
}

type PhoneRailProps = { open: boolean; onOpenChange: (open: boolean) => void };

export function PhoneRail({ open, onOpenChange }: PhoneRailProps) {
  if (!open) return null;
  return (
    <ModalFrame
      label="Navigation"
      onClose={() => onOpenChange(false)}
      className="inset-y-0 left-0 h-dvh max-h-none w-66 overflow-y-auto! border-r bg-canvas! starting:-translate-x-4"
    >
      <Brand />
      <Navigation />
    </ModalFrame>
  );
}

function Brand() {
  const { tenant } = useMe();
  return (
    <Link
      href={paths.overview}
      className="flex h-12 shrink-0 items-center gap-2.5 px-4 text-text"
      aria-label={`${tenant.name}, to the overview`}
    >
      <Mark className="size-6 shrink-0" />
      <span className="rail-folded:hidden truncate font-semibold text-base">{tenant.name}</span>
    </Link>
  );
}

function Navigation() {
  const pathname = usePathname();
  const can = useCan();
  const current = sectionOf(pathname);
  return (
    <nav aria-label="Main" className="flex flex-col gap-4 px-2.5 pt-2">
      {GROUPS.map((group) => {
        const allowed = group.sections.filter(
          (section) => section.permission === null || can(section.permission),
        );
        if (allowed.length === 0) return null;
        return (
          <div key={group.label ?? "top"}>
            {group.label && (
              <p className="rail-folded:invisible px-2 pb-1 text-faint text-xs" aria-hidden>
                {group.label}
              </p>
            )}
            <ul className="flex flex-col gap-px">
              {allowed.map((section) => (
                <li key={section.href}>
                  <RailLink section={section} current={section === current} />
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </nav>
  );
}

function RailLink({ section, current }: { section: Section; current: boolean }) {
  const Icon = section.icon;
  return (
    <Link
      href={section.href}
      aria-current={current ? "page" : undefined}
      title={section.label}
      className={cn(
        "flex h-8 items-center gap-2.5 rounded-control px-2.5 text-sm transition-colors duration-120",
        current
          ? "bg-raised font-medium text-text ring-1 ring-line"
          : "text-muted hover:bg-hover hover:text-text",
      )}
    >
      <Icon className={cn("size-4 shrink-0", current && "text-accent")} strokeWidth={1.5} aria-hidden />
      <span className="rail-folded:sr-only truncate">{section.label}</span>
    </Link>
  );
}
