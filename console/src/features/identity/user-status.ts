import type { User } from "@/lib/api/types";

export function userStatus(user: User): string {
  if (!user.is_active) return "disabled";
  return user.last_sign_in_at ? "active" : "invited";
}
