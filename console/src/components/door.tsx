import type { ReactNode } from "react";
import { Mark } from "./mark";

type DoorProps = { title: string; description?: ReactNode; children: ReactNode; wide?: boolean };

/** The frame of the pages before one is signed in. */
export function Door({ title, description, children, wide }: DoorProps) {
  return (
    <main className="flex min-h-dvh flex-col items-center px-4 py-10 sm:py-[12vh]">
      <div className={wide ? "w-full max-w-150" : "w-full max-w-90"}>
        <Mark className="mb-6 size-8" />
        <h1 className="font-semibold text-lg tracking-tight">{title}</h1>
        {description && <p className="mt-1 text-muted">{description}</p>}
        <div className="mt-6">{children}</div>
      </div>
    </main>
  );
}
