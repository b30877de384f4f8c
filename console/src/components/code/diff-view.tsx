"use client";

import { Suspense } from "react";
import { PanelSkeleton } from "@/components/states";
import { lazyPart } from "@/lib/lazy-part";
import type { DiffLinesProps } from "./diff-lines";

const DiffLines = lazyPart(() => import("./diff-lines").then((module) => module.DiffLines));

export function DiffView(props: DiffLinesProps) {
  return (
    <Suspense fallback={<PanelSkeleton label="Comparing" />}>
      <DiffLines {...props} />
    </Suspense>
  );
}
