import { createContext, useContext } from "react";
import type { Settings } from "./settings";

const SettingsContext = createContext<Settings>({ demoUsers: [], explain: false });

export const SettingsProvider = SettingsContext.Provider;

export function useSettings(): Settings {
  return useContext(SettingsContext);
}
