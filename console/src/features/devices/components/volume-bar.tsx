import { cn } from "@/lib/cn";
import { bytes } from "@/lib/format";
import type { InventoryView } from "../inventory";

const NEARLY_FULL = 0.9;

export function VolumeBar({ volume }: { volume: InventoryView["volumes"][number] }) {
  const { size, free } = volume;
  const used = size && free !== null ? (size - free) / size : null;
  return (
    <li className="text-sm">
      <p className="flex justify-between gap-3">
        <span className="truncate font-medium">
          {volume.mount} <span className="font-normal text-faint">{volume.fileSystem}</span>
        </span>
        <span className="figures shrink-0 text-muted">
          {bytes(free)} free of {bytes(size)}
        </span>
      </p>
      {used !== null && (
        <svg viewBox="0 0 100 4" preserveAspectRatio="none" className="mt-1.5 h-1.5 w-full" aria-hidden>
          <rect width="100" height="4" rx="1" className="fill-line" />
          <rect
            width={used * 100}
            height="4"
            rx="1"
            className={cn(used > NEARLY_FULL ? "fill-bad" : "fill-muted")}
          />
        </svg>
      )}
    </li>
  );
}
