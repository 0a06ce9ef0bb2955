import type { ReactElement } from "react";
import { figure } from "./figure";
import { REPORT } from "./panes/report";
import { useReport } from "./report";
import { usePanes } from "./use-panes";

/** A line below the response: what was told beside it. Leads to the rest of that. */
export function Figures(): ReactElement | null {
  const report = useReport();
  const { show } = usePanes();
  if (!report) {
    return null;
  }
  const { status, milliseconds, cost, explained, preview, refused } = report;
  const statements = explained?.length ?? 0;
  return (
    <button type="button" className="purser-figures" onClick={() => show(REPORT)}>
      {preview && <strong>Preview: nothing was kept.</strong>}
      {cost && (
        <span data-refused={refused}>
          Cost {figure(cost.cost)} of {figure(cost.budget)}
        </span>
      )}
      {explained && <span>{statements === 1 ? "1 statement" : `${statements} statements`}</span>}
      <span>{status}</span>
      <span>{figure(Math.round(milliseconds))} ms</span>
    </button>
  );
}
