"use client";

import { Ellipsis } from "lucide-react";
import { useRouter } from "next/navigation";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { Button } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { Menu, MenuItem, MenuSeparator } from "@/components/menu";
import { toast } from "@/components/toasts";
import type { OsImage } from "@/lib/api/types";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";
import { useDeleteImage } from "../api";

const EditImageDialog = lazy(() =>
  import("./edit-image-dialog").then((module) => ({ default: module.EditImageDialog })),
);

type ImageMenuProps = {
  image: OsImage;
  /** What uses it, in words; null where nothing does. */
  uses: ReactNode;
};

export function ImageMenu({ image, uses }: ImageMenuProps) {
  const can = useCan();
  const router = useRouter();
  const remove = useDeleteImage();
  const [open, setOpen] = useState<"edit" | "delete" | null>(null);
  const importing = image.state === "importing";
  return (
    <>
      {can("images:write") && <Button onClick={() => setOpen("edit")}>Edit</Button>}
      <Menu
        trigger={
          <Button size="icon" aria-label="More for this image">
            <Ellipsis className="size-4" strokeWidth={1.5} aria-hidden />
          </Button>
        }
      >
        {can("profiles:read") && (
          <MenuItem href={paths.profilesOfImage(image.id)}>Profiles that use it</MenuItem>
        )}
        {can("audit:read") && <MenuItem href={paths.auditOf(image.id)}>Its audit trail</MenuItem>}
        {can("images:write") && (
          <>
            <MenuSeparator />
            <MenuItem danger disabled={importing} onClick={() => setOpen("delete")}>
              Delete the image
            </MenuItem>
          </>
        )}
      </Menu>
      <Suspense>
        {open === "edit" && <EditImageDialog image={image} onClose={() => setOpen(null)} />}
      </Suspense>
      <ConfirmDialog
        open={open === "delete"}
        onOpenChange={(next) => {
          remove.reset();
          setOpen(next ? "delete" : null);
        }}
        title={`Delete ${image.name}`}
        confirmLabel="Delete"
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() =>
          remove.mutate(image, {
            onSuccess: () => {
              router.replace(paths.images);
              toast.done(`${image.name} is deleted.`);
            },
          })
        }
      >
        {uses ?? "No profile uses it."}{" "}
        {uses
          ? "Give them another image first: while they use this one, the server keeps it."
          : "Its file leaves the server with the next sweep. Deployments that have begun keep it until they are done."}
      </ConfirmDialog>
    </>
  );
}
