"use client";

import { lazy, Suspense } from "react";
import { PanelSkeleton } from "@/components/states";
import type { DiffLinesProps } from "./diff-lines";

const DiffLines = lazy(() => import("./diff-lines").then((module) => ({ default: module.DiffLines })));

export function DiffView(props: DiffLinesProps) {
  return (
    <Suspense fallback={<PanelSkeleton label="Comparing" />}>
      <DiffLines {...props} />
    </Suspense>
  );
}
