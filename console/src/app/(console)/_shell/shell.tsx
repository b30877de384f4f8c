"use client";

import { useQuery } from "@tanstack/react-query";
import { usePathname, useRouter } from "next/navigation";
import { type ReactNode, Suspense, useEffect, useState } from "react";
import { Boundary } from "@/components/boundary";
import { Mark } from "@/components/mark";
import { ErrorState } from "@/components/states";
import { sessionQuery } from "@/features/identity/api";
import { ApiError } from "@/lib/api/errors";
import { useHotkeys } from "@/lib/keyboard/hotkeys";
import { lazyPart } from "@/lib/lazy-part";
import { useLiveEvents } from "@/lib/live/use-live-events";
import { paths } from "@/lib/paths";
import { SessionProvider } from "@/lib/session";
import { usePendingStepUp } from "@/lib/step-up-store";
import { toggleRail } from "@/lib/theme/rail";
import { PhoneRail, Rail } from "./rail";
import { SECTIONS } from "./sections";
import { TopBar } from "./top-bar";

const loadPalette = () => import("./palette").then((module) => module.Palette);
const Palette = lazyPart(loadPalette);
const KeySheet = lazyPart(() => import("./key-sheet").then((module) => module.KeySheet));
const StepUpDialog = lazyPart(() => import("./step-up-dialog").then((module) => module.StepUpDialog));

export function Shell({ children }: { children: ReactNode }) {
  const session = useQuery(sessionQuery);
  if (session.data) {
    return (
      <SessionProvider me={session.data}>
        <Frame>{children}</Frame>
      </SessionProvider>
    );
  }
  if (session.error instanceof ApiError && session.error.status === 401) return <GoToSignIn />;
  if (session.isError) {
    return (
      <main className="grid min-h-dvh place-items-center">
        <ErrorState error={session.error} onRetry={() => session.refetch()} what="Your session" />
      </main>
    );
  }
  return <Opening />;
}

function GoToSignIn() {
  const router = useRouter();
  const pathname = usePathname();
  // External system: the browser's address.
  useEffect(() => {
    const here = `${pathname}${location.search}`;
    router.replace(here === "/" ? paths.signIn : `${paths.signIn}?next=${encodeURIComponent(here)}`);
  }, [router, pathname]);
  return <Opening />;
}

function Opening() {
  return (
    <main className="grid min-h-dvh place-items-center" aria-busy>
      <h1 className="sr-only">DeployFlow</h1>
      <Mark className="breathe size-8" />
    </main>
  );
}

const PALETTE_AFTER_MS = 1500;

function Frame({ children }: { children: ReactNode }) {
  const router = useRouter();
  const pathname = usePathname();
  const [paletteOpen, setPaletteOpen] = useState(false);
  const [keysOpen, setKeysOpen] = useState(false);
  const [railOpenAt, setRailOpenAt] = useState<string | null>(null);
  const pendingStepUp = usePendingStepUp();
  useLiveEvents();
  // External system: the browser's idle time, in which the palette is fetched, so that it opens at once.
  useEffect(() => {
    const timer = setTimeout(() => loadPalette().catch(() => undefined), PALETTE_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  useHotkeys({
    "mod+k": () => setPaletteOpen((open) => !open),
    "?": () => setKeysOpen(true),
    "[": toggleRail,
    ...Object.fromEntries(SECTIONS.map((section) => [`g ${section.key}`, () => router.push(section.href)])),
  });
  return (
    <div className="flex h-dvh overflow-hidden">
      <a
        href="#content"
        className="sr-only z-60 rounded-control bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:absolute focus:top-2 focus:left-2"
      >
        Skip to the content
      </a>
      <Rail />
      {/* Open only on the page it was opened on, so following a link closes it. */}
      <PhoneRail
        open={railOpenAt === pathname}
        onOpenChange={(open) => setRailOpenAt(open ? pathname : null)}
      />
      <div className="flex min-w-0 flex-1 flex-col">
        <TopBar
          onSearch={() => setPaletteOpen(true)}
          onMenu={() => setRailOpenAt(pathname)}
          onKeys={() => setKeysOpen(true)}
        />
        <main id="content" tabIndex={-1} className="relative min-h-0 flex-1 overflow-y-auto outline-none">
          <Suspense>{children}</Suspense>
        </main>
      </div>
      <Boundary>
        <Suspense>
          {paletteOpen && <Palette onClose={() => setPaletteOpen(false)} />}
          {keysOpen && <KeySheet onClose={() => setKeysOpen(false)} />}
          {pendingStepUp && <StepUpDialog pending={pendingStepUp} />}
        </Suspense>
      </Boundary>
    </div>
  );
}
