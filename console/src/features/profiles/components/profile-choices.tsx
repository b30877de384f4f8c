"use client";

import { useQuery } from "@tanstack/react-query";
import type { Choice } from "@/components/field";
import type { ProfileDetail } from "@/lib/api/types";
import {
  bundleChoicesQuery,
  driverPackChoicesQuery,
  imageChoicesQuery,
  scriptChoicesQuery,
  secretChoicesQuery,
} from "../api";

/** What a profile can name, and what it named before: that is shown even when it is gone or not for one's eyes. */
export function useChoices(profile: ProfileDetail) {
  const images = useQuery(imageChoicesQuery);
  const packs = useQuery(driverPackChoicesQuery);
  const secrets = useQuery(secretChoicesQuery);
  const scripts = useQuery(scriptChoicesQuery);
  const bundles = useQuery(bundleChoicesQuery);
  const all = [images, packs, secrets, scripts, bundles].flatMap((query) => query.data ?? []);
  const nameOf = (id: string | null | undefined) =>
    all.find((one) => one.id === id)?.name ?? (id ? (profile.references[id]?.name ?? undefined) : undefined);
  return {
    images: images.data ?? [],
    packs: packs.data ?? [],
    secrets: secrets.data ?? [],
    scripts: scripts.data ?? [],
    bundles: bundles.data ?? [],
    nameOf,
    /** For a select: what there is, the present one in any case, and what stands for none of them. */
    options: (
      kind: { id: string; name: string }[],
      present: string | null | undefined,
      none?: string,
    ): Choice[] => [
      ...(none !== undefined || !present ? [{ value: "", label: none ?? "Choose…" }] : []),
      ...kind.map(({ id, name }) => ({ value: id, label: name })),
      ...(present && !kind.some(({ id }) => id === present)
        ? [{ value: present, label: nameOf(present) ?? "Not there any more" }]
        : []),
    ],
  };
}

export type Choices = ReturnType<typeof useChoices>;
