"use client";

import { useQueryClient } from "@tanstack/react-query";
import { Keyboard, LogOut, UserRound } from "lucide-react";
import { useRouter } from "next/navigation";
import { Menu, MenuChoices, MenuItem, MenuSeparator } from "@/components/menu";
import { toast } from "@/components/toasts";
import { useSignOut } from "@/features/identity/api";
import { paths } from "@/lib/paths";
import { useMe } from "@/lib/session";
import { chooseTheme, type ThemeChoice, useThemeChoice } from "@/lib/theme/theme";

const icon = { className: "size-4 text-muted", strokeWidth: 1.5, "aria-hidden": true } as const;

export function AccountMenu({ onKeys }: { onKeys: () => void }) {
  const me = useMe();
  const theme = useThemeChoice();
  const router = useRouter();
  const queryClient = useQueryClient();
  const signOut = useSignOut();
  const leave = () =>
    signOut.mutate(undefined, {
      onSuccess: () => {
        router.replace(paths.signIn);
        queryClient.clear();
      },
      onError: (error) => toast.failed("You are still signed in.", error),
    });
  return (
    <Menu
      trigger={
        <button
          type="button"
          className="grid size-7 shrink-0 place-items-center rounded-full border border-line-strong bg-raised font-medium text-xs hover:border-muted"
        >
          <span aria-hidden>{initials(me.user.name)}</span>
          <span className="sr-only">Account: {me.user.name}</span>
        </button>
      }
    >
      <div className="max-w-64 px-2.5 pt-1.5 pb-2">
        <p className="truncate font-medium text-sm">{me.user.name}</p>
        <p className="truncate text-muted text-sm">{me.user.email}</p>
        <p className="truncate text-faint text-xs">{me.role.name}</p>
      </div>
      <MenuSeparator />
      <MenuItem href={paths.account}>
        <UserRound {...icon} />
        Account and sign-in
      </MenuItem>
      <MenuItem onClick={onKeys}>
        <Keyboard {...icon} />
        Keyboard
      </MenuItem>
      <MenuSeparator />
      <MenuChoices
        label="Theme"
        value={theme}
        choices={[
          { value: "dark", label: "Dark" },
          { value: "light", label: "Light" },
          { value: "system", label: "Like the system" },
        ]}
        onChange={(choice) => chooseTheme(choice as ThemeChoice)}
      />
      <MenuSeparator />
      <MenuItem onClick={leave}>
        <LogOut {...icon} />
        Sign out
      </MenuItem>
    </Menu>
  );
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  return `${words[0]?.[0] ?? ""}${words.length > 1 ? (words.at(-1)?.[0] ?? "") : ""}`.toUpperCase();
}
