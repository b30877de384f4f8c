import Link from "next/link";
import type { ReactNode } from "react";
import { Sparkline } from "@/components/sparkline";
import { cn } from "@/lib/cn";

export type Figure = {
  label: string;
  value: string;
  of?: string;
  href: string;
  tone?: string;
  spark?: { values: number[]; shape: "line" | "bars"; className: string };
  note?: ReactNode;
};

export function Figures({ figures }: { figures: Figure[] }) {
  return (
    <section
      aria-label="The fleet in figures"
      className="grid overflow-hidden rounded-panel border border-line bg-line grid-cols-2 [gap:1px] xl:grid-cols-4"
    >
      {figures.map((figure) => (
        <Link
          key={figure.label}
          href={figure.href}
          className="min-w-0 bg-surface px-4 py-3.5 transition-colors duration-120 hover:bg-hover focus-visible:-outline-offset-2"
        >
          <p className="text-muted text-sm">{figure.label}</p>
          <div className="mt-1.5 flex flex-wrap items-end justify-between gap-x-3 gap-y-1">
            <p className="figures whitespace-nowrap">
              <span className={cn("font-semibold text-xl tracking-tight", figure.tone)}>{figure.value}</span>
              {figure.of && <span className="ml-1.5 text-muted text-sm">{figure.of}</span>}
            </p>
            {figure.spark && (
              <Sparkline
                values={figure.spark.values}
                shape={figure.spark.shape}
                className={figure.spark.className}
                label={`${figure.label}, last seven days`}
              />
            )}
          </div>
          {figure.note && <p className="mt-1 text-faint text-xs">{figure.note}</p>}
        </Link>
      ))}
    </section>
  );
}
