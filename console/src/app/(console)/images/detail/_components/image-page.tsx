"use client";

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { DetailMissing } from "@/components/detail-missing";
import { Hash } from "@/components/hash";
import { Page } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { type Fact, Facts, Panel } from "@/components/panel";
import { ErrorState, PanelSkeleton } from "@/components/states";
import { StatusBadge } from "@/components/status-badge";
import { Time } from "@/components/time";
import { imageQuery } from "@/features/images/api";
import { EditionsTable } from "@/features/images/components/editions-table";
import { ImageMenu } from "@/features/images/components/image-menu";
import { ImportPanel } from "@/features/images/components/import-panel";
import { sourceWord } from "@/features/images/words";
import { profilesQuery } from "@/features/profiles/api";
import type { OsImage } from "@/lib/api/types";
import { useDetailId } from "@/lib/detail-id";
import { bytes, plural } from "@/lib/format";
import { usePageTitle } from "@/lib/page-title";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";

export function ImagePage() {
  const id = useDetailId();
  const image = useQuery(imageQuery(id));
  usePageTitle(image.data?.name ?? "Image");
  if (image.data) return <ImageView key={image.data.id} image={image.data} />;
  return (
    <DetailMissing id={id} query={image} noun="image" all={{ label: "All images", href: paths.images }}>
      It was deleted, or belongs to another organisation.
    </DetailMissing>
  );
}

function ImageView({ image }: { image: OsImage }) {
  const uses = useUses(image.id);
  const ready = image.state === "ready";
  return (
    <Page width="wide">
      <PageHeader
        title={image.name}
        description={image.description}
        meta={
          <>
            <StatusBadge status={image.state} />
            {image.image_version && <span>{image.image_version}</span>}
            {image.architecture && <span>{image.architecture}</span>}
            <span>
              Changed <Time at={image.updated_at} />
            </span>
          </>
        }
        actions={<ImageMenu image={image} uses={uses.names} />}
      />
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_24rem]">
        <div className="flex min-w-0 flex-col gap-5">
          {!ready && <ImportPanel image={image} />}
          {image.editions.length > 0 && (
            <Panel title={plural(image.editions.length, "edition")} flush>
              <EditionsTable editions={image.editions} />
            </Panel>
          )}
          {ready && <ImportPanel image={image} />}
        </div>
        <div className="flex min-w-0 flex-col gap-5">
          <Panel title="Files">
            <Facts facts={factsOf(image)} />
          </Panel>
          {uses.panel}
        </div>
      </div>
    </Page>
  );
}

function factsOf(image: OsImage): Fact[] {
  const { importing } = image;
  return [
    {
      label: "Source",
      value: importing.url ? <span className="break-all">{importing.url}</span> : sourceWord(importing),
    },
    { label: "Kind", value: importing.kind?.toUpperCase() },
    {
      label: "SHA-256",
      value: image.checksum && <Hash value={image.checksum} label="Copy the SHA-256 of the file" />,
    },
    {
      label: "What machines get",
      value: image.content_sha256 && (
        <span className="flex flex-col gap-1">
          <a
            href={`/api/v1/images/${image.id}/content`}
            download={`${image.name}.wim`}
            className="w-fit underline decoration-line-strong underline-offset-3 hover:decoration-current"
          >
            WIM, {bytes(image.content_bytes)}
          </a>
          <Hash value={image.content_sha256} label="Copy the SHA-256 of the WIM" />
        </span>
      ),
    },
    {
      label: "For booting",
      value:
        image.boot_files.length > 0 ? (
          <span className="flex flex-col gap-0.5">
            {image.boot_files.map((file) => (
              <span key={file.name}>
                <span className="font-mono text-xs">{file.name}</span>{" "}
                <span className="text-muted">{bytes(file.size_bytes)}</span>
              </span>
            ))}
          </span>
        ) : (
          <span className="text-muted">nothing: only an ISO brings WinPE</span>
        ),
    },
  ];
}

/** The profiles that deploy it. */
function useUses(imageId: string) {
  const can = useCan();
  const allowed = can("profiles:read");
  const profiles = useInfiniteQuery({
    ...profilesQuery({ filters: [{ field: "os_image_id", op: "eq", value: imageId }], sort: "name" }),
    enabled: allowed,
  });
  const items = profiles.data?.items ?? [];
  const total = profiles.data?.total ?? items.length;
  const names =
    items.length > 0
      ? `${total === 1 ? "A profile uses" : `${total} profiles use`} it: ${items
          .slice(0, 5)
          .map((profile) => profile.name)
          .join(", ")}${total > 5 ? " and more" : ""}.`
      : null;
  const panel = allowed && (
    <Panel title="Used by" flush>
      {profiles.isError ? (
        <ErrorState error={profiles.error} onRetry={() => profiles.refetch()} what="Its profiles" />
      ) : !profiles.data ? (
        <PanelSkeleton rows={2} label="Loading its profiles" />
      ) : items.length === 0 ? (
        <p className="px-4 py-3 text-muted text-sm">No profile uses it yet.</p>
      ) : (
        <ul className="divide-y divide-line">
          {items.map((profile) => (
            <li key={profile.id}>
              <Link
                href={paths.profile(profile.id)}
                className="flex items-baseline justify-between gap-3 px-4 py-2.5 text-sm hover:bg-hover focus-visible:-outline-offset-2"
              >
                <span className="min-w-0 truncate">{profile.name}</span>
                <span className="shrink-0 text-faint">Version {profile.current.number}</span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
  return { names, panel };
}
