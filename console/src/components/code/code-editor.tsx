"use client";

import { Suspense } from "react";
import { Skeleton } from "@/components/states";
import { lazyPart } from "@/lib/lazy-part";
import type { CodeMirrorProps } from "./code-mirror";

const CodeMirror = lazyPart(() => import("./code-mirror").then((module) => module.CodeMirror));

/** The editor comes when it is needed: it is larger than the rest of a page. */
export function CodeEditor(props: CodeMirrorProps) {
  return (
    <div className="overflow-hidden rounded-panel border border-line bg-sunken focus-within:border-accent">
      <Suspense
        fallback={
          <div role="status" aria-label="Loading the editor" className="flex h-80 flex-col gap-3 p-4">
            <Skeleton className="w-1/2" />
            <Skeleton className="w-2/3" />
            <Skeleton className="w-1/3" />
          </div>
        }
      >
        <CodeMirror {...props} />
      </Suspense>
    </div>
  );
}
