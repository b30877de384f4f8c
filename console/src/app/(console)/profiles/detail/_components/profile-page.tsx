"use client";

import { useQuery } from "@tanstack/react-query";
import { FileX2, Plus } from "lucide-react";
import { useState } from "react";
import { ButtonLink } from "@/components/button";
import { Page } from "@/components/page";
import { PageHeader } from "@/components/page-header";
import { EmptyState, ErrorState, PanelSkeleton } from "@/components/states";
import { Tabs } from "@/components/tabs";
import { Tag, Tags } from "@/components/tag";
import { Time } from "@/components/time";
import { profileQuery } from "@/features/profiles/api";
import { ProfileEditor } from "@/features/profiles/components/profile-editor";
import { ProfileMenu } from "@/features/profiles/components/profile-menu";
import { ProfileVersions } from "@/features/profiles/components/profile-versions";
import { ApiError } from "@/lib/api/errors";
import type { ProfileDetail } from "@/lib/api/types";
import { useDetailId } from "@/lib/detail-id";
import { usePageTitle } from "@/lib/page-title";
import { paths } from "@/lib/paths";
import { useCan } from "@/lib/session";
import { type ChosenDevice, DeviceChoice } from "./device-choice";

export function ProfilePage() {
  const id = useDetailId();
  const profile = useQuery(profileQuery(id));
  usePageTitle(profile.data?.name ?? "Profile");
  if (profile.data) return <ProfileView key={profile.data.id} profile={profile.data} />;
  const gone = id === "" || (profile.error instanceof ApiError && profile.error.status === 404);
  return (
    <Page>
      {gone ? (
        <EmptyState
          icon={FileX2}
          title="There is no such profile"
          action={<ButtonLink href={paths.profiles}>All profiles</ButtonLink>}
        />
      ) : profile.isError ? (
        <ErrorState error={profile.error} onRetry={() => profile.refetch()} what="This profile" />
      ) : (
        <PanelSkeleton rows={8} label="Loading the profile" />
      )}
    </Page>
  );
}

function ProfileView({ profile }: { profile: ProfileDetail }) {
  const can = useCan();
  const [device, setDevice] = useState<ChosenDevice | null>(null);
  return (
    <Page width="wide">
      <PageHeader
        title={profile.name}
        description={profile.description}
        meta={
          <>
            {profile.is_template && <Tag>template</Tag>}
            <span>Version {profile.current.number}</span>
            <span>
              Changed <Time at={profile.updated_at} /> by {profile.current.created_by}
            </span>
            {profile.template?.name && <span>From {profile.template.name}</span>}
            {profile.tags.length > 0 && <Tags tags={profile.tags} max={6} />}
          </>
        }
        actions={
          <>
            {profile.is_template && can("profiles:write") && (
              <ButtonLink href={`${paths.profiles}?tab=templates&new=${profile.id}`} variant="primary">
                <Plus className="size-4" strokeWidth={1.5} aria-hidden />
                Make a profile of it
              </ButtonLink>
            )}
            <ProfileMenu profile={profile} />
          </>
        }
      />
      <Tabs
        label="About this profile"
        tabs={[
          {
            id: "steps",
            label: "Profile",
            content: (
              <ProfileEditor
                profile={profile}
                device={device}
                deviceChoice={can("devices:read") && <DeviceChoice chosen={device} onChoose={setDevice} />}
              />
            ),
          },
          { id: "versions", label: "Versions", content: <ProfileVersions profile={profile} /> },
        ]}
      />
    </Page>
  );
}
