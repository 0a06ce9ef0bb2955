import type { ReactElement } from "react";
import { LOG_IN } from "./panes/log-in";
import { nameOf, stateOf, useAccount } from "./use-account";
import { usePanes } from "./use-panes";

/** Whom the current tab asks as, in the top bar; leads to where that is changed. */
export function Who(): ReactElement {
  const account = useAccount();
  const { show } = usePanes();
  return (
    <button type="button" className="purser-who" onClick={() => show(LOG_IN)}>
      {account.token ? nameOf(account) : "anonymous"}
      <span className="purser-role" data-role={account.expired ? "expired" : account.role}>
        {account.token ? stateOf(account) : "log in"}
      </span>
    </button>
  );
}
