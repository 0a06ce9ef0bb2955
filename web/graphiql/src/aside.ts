import { create } from "zustand";

/** What is asked of the server beside the answer, by the request's `extensions`. */
export interface Aside {
  cost: boolean;
  explain: boolean;
  preview: boolean;
}

export const useAside = create<Aside>(() => ({ cost: false, explain: false, preview: false }));

/** What the request's `extensions` are to be; none where nothing is asked. */
export function extensions(aside: Aside): Record<string, true> | undefined {
  const asked = Object.entries(aside).filter(([, on]) => on);
  return asked.length > 0 ? Object.fromEntries(asked.map(([name]) => [name, true])) : undefined;
}
