import { type ReactElement, useEffect } from "react";
import { type Aside, useAside } from "./aside";
import { useSettings } from "./settings-context";
import { useAccount } from "./use-account";

/** What is to be asked beside the answer. */
export function Toggles(): ReactElement {
  const aside = useAside();
  const { explain } = useSettings();
  const { role } = useAccount();
  const mayExplain = explain || role === "admin";
  useEffect(() => {
    if (!mayExplain) {
      useAside.setState({ explain: false });
    }
  }, [mayExplain]);
  return (
    <fieldset className="purser-toggles" aria-label="Ask beside the answer">
      <Toggle name="cost" label="Cost" hint="Tell what the operation may cost, and the budget" aside={aside} />
      {mayExplain && (
        <Toggle name="explain" label="Explain" hint="Tell rules, SQL and plan of each root field" aside={aside} />
      )}
      <Toggle name="preview" label="Preview" hint="Do mutations, answer, and undo them" aside={aside} />
    </fieldset>
  );
}

interface ToggleProps {
  name: keyof Aside;
  label: string;
  hint: string;
  aside: Aside;
}

function Toggle({ name, label, hint, aside }: ToggleProps): ReactElement {
  return (
    <label title={hint}>
      <input
        type="checkbox"
        checked={aside[name]}
        onChange={(event) => useAside.setState({ [name]: event.target.checked })}
      />
      {label}
    </label>
  );
}
