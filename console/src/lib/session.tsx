"use client";

import { createContext, type ReactNode, useContext } from "react";
import type { Me } from "@/lib/api/types";

const SessionContext = createContext<Me | null>(null);

export function SessionProvider({ me, children }: { me: Me; children: ReactNode }) {
  return <SessionContext value={me}>{children}</SessionContext>;
}

/** Who is signed in. Only below the shell, which shows nothing before it knows. */
export function useMe(): Me {
  const me = useContext(SessionContext);
  if (!me) throw new Error("useMe needs the shell around it");
  return me;
}

export function useCan(): (permission: string) => boolean {
  const { permissions } = useMe();
  return (permission) => permissions.includes(permission);
}
