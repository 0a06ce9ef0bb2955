/** Each may do whatever those before it may. */
const ROLES = ["anonymous", "customer", "staff", "admin"] as const;

export type Role = (typeof ROLES)[number];

/** The role of that name, in whichever case it is written. */
export function roleOf(name: string): Role | undefined {
  return ROLES.find((role) => role === name.toLowerCase());
}

/** Whether what `needed` may do, `role` may as well. */
export function suffices(role: Role | undefined, needed: Role): boolean {
  return ROLES.indexOf(role ?? "anonymous") >= ROLES.indexOf(needed);
}
