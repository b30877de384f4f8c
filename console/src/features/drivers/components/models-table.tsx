"use client";

import { useQuery } from "@tanstack/react-query";
import { Cpu, TriangleAlert } from "lucide-react";
import Link from "next/link";
import { Button } from "@/components/button";
import { EmptyState, ErrorState, PanelSkeleton } from "@/components/states";
import type { MachineModel } from "@/lib/api/types";
import { count, plural } from "@/lib/format";
import { paths } from "@/lib/paths";
import { modelsQuery } from "../api";

type ModelsTableProps = {
  /** Only the models that this pack is for. */
  packId?: string;
  /** Offer a pack for a model that has none. */
  onAdd?: (model: MachineModel) => void;
};

/** The models of the fleet, and which packs each gets; those without a match first. */
export function ModelsTable({ packId, onAdd }: ModelsTableProps) {
  const models = useQuery(modelsQuery);
  if (models.isError && !models.data) {
    return (
      <ErrorState error={models.error} onRetry={() => models.refetch()} what="The models of your devices" />
    );
  }
  if (!models.data) return <PanelSkeleton rows={5} label="Loading the models of your devices" />;
  const shown = packId
    ? models.data.filter((model) => model.packs.some((pack) => pack.id === packId))
    : [...models.data].sort((a, b) => Number(a.packs.length > 0) - Number(b.packs.length > 0));
  if (shown.length === 0) {
    return packId ? (
      <p className="px-4 py-3 text-muted text-sm">
        {models.data.length === 0 ? "No device is known yet." : "No device that is known is of such a model."}
      </p>
    ) : (
      <EmptyState icon={Cpu} title="No device has said what it is yet">
        Once devices are enrolled, their models stand here with the packs that each gets.
      </EmptyState>
    );
  }
  const without = shown.filter((model) => model.packs.length === 0);
  return (
    <>
      {!packId && without.length > 0 && (
        <p className="flex items-center gap-2 border-line border-b px-4 py-2.5 text-sm">
          <TriangleAlert className="size-4 shrink-0 text-wait" strokeWidth={1.5} aria-hidden />
          {plural(without.length, "model")} with{" "}
          {plural(
            without.reduce((sum, model) => sum + model.devices, 0),
            "device",
          )}{" "}
          {without.length === 1 ? "has" : "have"} no match: they are deployed with the drivers that Windows
          brings.
        </p>
      )}
      <div className="overflow-x-auto">
        <table className="w-full text-left text-sm">
          <thead className="text-faint text-xs">
            <tr className="border-line border-b">
              <th scope="col" className="py-2 pr-3 pl-4 font-normal">
                Model
              </th>
              <th scope="col" className="hidden px-3 py-2 font-normal sm:table-cell">
                System SKU
              </th>
              <th scope="col" className="px-3 py-2 text-right font-normal">
                Devices
              </th>
              {!packId && (
                <th scope="col" className="py-2 pr-4 pl-3 font-normal">
                  Driver packs
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {shown.map((model) => (
              <ModelRow
                key={`${model.manufacturer}|${model.model}|${model.sku}`}
                model={model}
                withPacks={!packId}
                onAdd={onAdd}
              />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

type ModelRowProps = { model: MachineModel; withPacks: boolean; onAdd?: (model: MachineModel) => void };

function ModelRow({ model, withPacks, onAdd }: ModelRowProps) {
  const named = model.model !== null || model.sku !== null;
  return (
    <tr className="border-line border-b align-top last:border-0">
      <th scope="row" className="py-2 pr-3 pl-4 font-medium">
        {model.model ?? "Says no model"}
        <span className="block font-normal text-faint sm:ml-2 sm:inline">{model.manufacturer}</span>
      </th>
      <td className="hidden px-3 py-2 font-mono text-muted text-xs sm:table-cell">{model.sku ?? "—"}</td>
      <td className="figures px-3 py-2 text-right">
        {model.model ? (
          <Link
            href={`${paths.devices}?f=model.eq.${encodeURIComponent(model.model)}`}
            className="rounded-control text-muted hover:underline"
          >
            {count(model.devices)}
          </Link>
        ) : (
          <span className="text-muted">{count(model.devices)}</span>
        )}
      </td>
      {withPacks && (
        <td className="py-1.5 pr-4 pl-3">
          {model.packs.length > 0 ? (
            <span className="flex flex-wrap gap-x-3 gap-y-0.5 py-0.5">
              {model.packs.map((pack) => (
                <Link
                  key={pack.id}
                  href={paths.driverPack(pack.id)}
                  className="rounded-control hover:underline"
                >
                  {pack.name} <span className="text-faint">{pack.pack_version}</span>
                </Link>
              ))}
            </span>
          ) : (
            <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <span className="py-0.5 font-medium text-wait">No match</span>
              {onAdd && named && (
                <Button size="sm" variant="ghost" onClick={() => onAdd(model)}>
                  Add a pack
                </Button>
              )}
            </span>
          )}
        </td>
      )}
    </tr>
  );
}
