"use client";

import { Ellipsis } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Button } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { Menu, MenuItem, MenuSeparator } from "@/components/menu";
import { toast } from "@/components/toasts";
import type { ProfileDetail } from "@/lib/api/types";
import { download } from "@/lib/list/csv";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";
import { exportedProfile, useDeleteProfile, useSetTemplate } from "../api";
import { CloneDialog } from "./clone-dialog";

export function ProfileMenu({ profile }: { profile: ProfileDetail }) {
  const can = useCan();
  const router = useRouter();
  const remove = useDeleteProfile();
  const setTemplate = useSetTemplate();
  const [asking, setAsking] = useState<"delete" | "clone" | null>(null);
  const exportFile = async () => {
    try {
      const file = await exportedProfile(profile.id);
      download(file.file_name, file.text, "application/yaml");
    } catch (error) {
      toast.failed("The profile could not be exported.", error);
    }
  };
  const turn = () =>
    setTemplate.mutate(profile, {
      onSuccess: () =>
        toast.done(`${profile.name} is a ${profile.is_template ? "profile" : "template"} now.`),
      onError: (error) => toast.failed("It stays as it is.", error),
    });
  return (
    <>
      <Menu
        trigger={
          <Button size="icon" aria-label="More for this profile">
            <Ellipsis className="size-4" strokeWidth={1.5} aria-hidden />
          </Button>
        }
      >
        {can("profiles:write") && <MenuItem onClick={() => setAsking("clone")}>Clone…</MenuItem>}
        <MenuItem onClick={exportFile}>Export as YAML</MenuItem>
        {can("profiles:write") && (
          <MenuItem onClick={turn}>
            {profile.is_template ? "Make it a profile" : "Make it a template"}
          </MenuItem>
        )}
        {can("audit:read") && <MenuItem href={paths.auditOf(profile.id)}>Its audit trail</MenuItem>}
        {can("profiles:write") && (
          <>
            <MenuSeparator />
            <MenuItem danger onClick={() => setAsking("delete")}>
              Delete the {profile.is_template ? "template" : "profile"}
            </MenuItem>
          </>
        )}
      </Menu>
      {asking === "clone" && <CloneDialog profile={profile} onClose={() => setAsking(null)} />}
      <ConfirmDialog
        open={asking === "delete"}
        onOpenChange={(open) => {
          remove.reset();
          setAsking(open ? "delete" : null);
        }}
        title={`Delete ${profile.name}`}
        confirmLabel="Delete"
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() =>
          remove.mutate(profile, {
            onSuccess: () => {
              router.replace(profile.is_template ? paths.profileTemplates : paths.profiles);
              toast.done(`${profile.name} is deleted.`);
            },
          })
        }
      >
        It is removed with all its versions. Deployments that were made with it keep their own copy.
      </ConfirmDialog>
    </>
  );
}
