import { formatShortcutForOS, useGraphiQL } from "@graphiql/react";
import type { ReactElement } from "react";
import { isTouched } from "./screen";

/** What stands in the place of an answer as long as there is none. */
export function Hint(): ReactElement | null {
  const isBlank = useGraphiQL(
    ({ tabs, activeTabIndex, isFetching, fetchError, validationErrors }) =>
      !tabs[activeTabIndex]?.response && !isFetching && !fetchError && validationErrors.length === 0,
  );
  return isBlank ? (
    <p className="purser-hint">{isTouched() ? "▶" : formatShortcutForOS("Ctrl-Enter")} runs the query.</p>
  ) : null;
}
