import { Button, type GraphiQLPlugin, pick, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { type ReactElement, useState } from "react";
import { useAside } from "../aside";
import { isAtHand, useDemoUsers } from "../demo-users";
import { EXAMPLES, type Example } from "../examples";
import { ListIcon } from "../icons";
import { focus } from "../query-editor";
import { isNarrow } from "../screen";
import { type DemoUser, hasPassword } from "../settings";
import { useAccount } from "../use-account";
import { usePanes } from "../use-panes";
import { LOG_IN } from "./log-in";
import { Pane } from "./pane";

export const EXAMPLES_PANE: GraphiQLPlugin = { title: "Examples", icon: ListIcon, content: Examples };

function Examples(): ReactElement {
  const demoUsers = useDemoUsers();
  const account = useAccount();
  const open = useOpen();
  const { show, hide } = usePanes();
  const [note, setNote] = useState<string>();

  const choose = async (example: Example) => {
    setNote(undefined);
    open(example, demoUsers);
    try {
      await ensure(example);
      if (isNarrow()) {
        hide();
      }
    } catch (failure) {
      setNote(failure instanceof Error ? failure.message : String(failure));
    }
  };
  /** Has the tab ask as a role that the example is for. */
  const ensure = async ({ name, role: needed }: Example) => {
    if (account.suffices(needed)) {
      return;
    }
    if (needed === "anonymous") {
      account.forget();
      return;
    }
    const user = demoUsers.filter(isAtHand).find(({ role }) => role.toLowerCase() === needed);
    if (!user) {
      throw new Error(`Log in as ${needed} to run ${name.replaceAll("-", " ")}.`);
    }
    await account.become(user);
  };

  return (
    <Pane title="Examples">
      <p>
        Each opens in a tab of its own
        {demoUsers.some(isAtHand) &&
          ", as a demo user where it asks for more than the current tab may see"}
        .
      </p>
      {note && (
        <div ref={showIt} className="purser-error" role="alert">
          {note}
          <Button type="button" onClick={() => show(LOG_IN)}>
            Log in
          </Button>
        </div>
      )}
      <ul className="purser-list">
        {EXAMPLES.map((example) => (
          <li key={example.name}>
            <button type="button" onClick={() => void choose(example)}>
              <strong>{example.name.replaceAll("-", " ")}</strong>
              {example.role !== "anonymous" && (
                <span className="purser-role" data-role={example.role}>
                  {example.role}
                </span>
              )}
              {example.preview && <span className="purser-role">preview</span>}
              <small>{example.description}</small>
            </button>
          </li>
        ))}
      </ul>
    </Pane>
  );
}

function showIt(note: HTMLElement | null): void {
  note?.scrollIntoView({ block: "nearest" });
}

/** Opens an example in a new tab with the headers of the current one, or goes to the tab where it is open. */
function useOpen(): (example: Example, demoUsers: DemoUser[]) => void {
  const { addTab, changeTab, setOperationName } = useGraphiQLActions();
  const { tabs, queryEditor, variableEditor, headerEditor } = useGraphiQL(
    pick("tabs", "queryEditor", "variableEditor", "headerEditor"),
  );
  return (example, demoUsers) => {
    useAside.setState({ preview: example.preview });
    const place = tabs.findIndex((tab) => tab.query === example.query);
    if (place === -1) {
      const headers = headerEditor?.getValue() ?? "";
      addTab();
      queryEditor?.setValue(example.query);
      variableEditor?.setValue(withPassword(example.variables, demoUsers));
      headerEditor?.setValue(headers);
    } else {
      changeTab(place);
    }
    // The editor notices only after a while, and would run the operation of the tab before.
    setOperationName(example.operation);
    focus(queryEditor);
  };
}

/** The variables with the password of the demo user whom they name, where they leave it blank. */
function withPassword(variables: string, demoUsers: DemoUser[]): string {
  const user = demoUsers.filter(hasPassword).find(({ email }) => variables.includes(JSON.stringify(email)));
  return user ? variables.replace('"password": ""', () => `"password": ${JSON.stringify(user.password)}`) : variables;
}
