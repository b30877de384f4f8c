"use client";

import { Menu as MenuIcon, Search } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { Button } from "@/components/button";
import { Kbd } from "@/components/tag";
import { useCurrentTitle } from "@/lib/page-title";
import { AccountMenu } from "./account-menu";
import { LiveMark } from "./live-mark";
import { sectionOf } from "./sections";
import { TenantSwitcher } from "./tenant-switcher";

type TopBarProps = { onSearch: () => void; onMenu: () => void; onKeys: () => void };

export function TopBar({ onSearch, onMenu, onKeys }: TopBarProps) {
  return (
    <header className="flex h-12 shrink-0 items-center gap-2 border-line border-b bg-canvas px-3 md:px-5">
      <Button
        variant="ghost"
        size="icon"
        className="md:hidden"
        onClick={onMenu}
        aria-label="Open the navigation"
      >
        <MenuIcon className="size-4" strokeWidth={1.5} aria-hidden />
      </Button>
      <TenantSwitcher />
      <Breadcrumb />
      <button
        type="button"
        onClick={onSearch}
        aria-keyshortcuts="Control+K Meta+K"
        className="ml-auto flex h-8 shrink-0 items-center gap-2 rounded-control border border-line px-2.5 text-muted text-sm transition-colors duration-120 hover:border-line-strong hover:text-text lg:w-64"
      >
        <Search className="size-4" strokeWidth={1.5} aria-hidden />
        <span className="flex-1 text-left max-lg:sr-only">Search or go to…</span>
        <span aria-hidden className="hidden gap-1 lg:flex">
          <Kbd>Ctrl</Kbd>
          <Kbd>K</Kbd>
        </span>
      </button>
      <LiveMark />
      <AccountMenu onKeys={onKeys} />
    </header>
  );
}

function Breadcrumb() {
  const section = sectionOf(usePathname());
  const title = useCurrentTitle();
  const isDetail = section !== undefined && title !== "" && title !== section.label;
  return (
    <nav aria-label="Breadcrumb" className="min-w-0 flex-1">
      <ol className="flex min-w-0 items-center gap-1.5 text-sm">
        {isDetail && (
          <>
            <li className="hidden shrink-0 sm:block">
              <Link href={section.href} className="rounded-control text-muted hover:text-text">
                {section.label}
              </Link>
            </li>
            <li aria-hidden className="hidden text-faint sm:block">
              /
            </li>
          </>
        )}
        <li className="truncate font-medium" aria-current="page">
          {title || section?.label}
        </li>
      </ol>
    </nav>
  );
}
