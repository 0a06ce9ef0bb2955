import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import type { ReactElement } from "react";
import { EXAMPLES } from "./examples";
import { fetcher } from "./fetcher";
import { Figures } from "./figures";
import { Hint } from "./hint";
import { PaneTop } from "./pane-top";
import { EXAMPLES_PANE } from "./panes/examples";
import { EXPLORER } from "./panes/explorer";
import { LOG_IN } from "./panes/log-in";
import { REPORT } from "./panes/report";
import { QueryEditor } from "./query-editor";
import { noteTab } from "./report";
import { SchemaOfToken } from "./schema-of-token";
import { isNarrow } from "./screen";
import type { Settings } from "./settings";
import { SettingsProvider } from "./settings-context";
import { isFirstVisit, storage } from "./storage";
import { Toggles } from "./toggles";
import { Who } from "./who";

const PLUGINS = [EXAMPLES_PANE, LOG_IN, REPORT, EXPLORER, HISTORY_PLUGIN];

/** What variables of the API's own scalars may be, as JSON Schema. */
const SCALARS = { BigInt: { type: "integer" }, DateTime: { type: "string" }, JSON: {} } as const;

export function Playground({ settings }: { settings: Settings }): ReactElement {
  return (
    <SettingsProvider value={settings}>
      <GraphiQL
        fetcher={fetcher}
        storage={storage}
        plugins={PLUGINS}
        {...(isFirstVisit() && !isNarrow() && { visiblePlugin: EXAMPLES_PANE })}
        defaultTabs={EXAMPLES.slice(0, 1)}
        onTabChange={noteTab}
        customScalarSchemas={SCALARS}
        defaultEditorToolsVisibility={!isNarrow()}
        inputValueDeprecation
        schemaDescription
        shouldPersistHeaders={false}
      >
        <GraphiQL.Logo>
          <a className="graphiql-logo-link" href="/">
            Purser
          </a>
          <Who />
        </GraphiQL.Logo>
        <GraphiQL.Footer>
          <Hint />
          <div className="purser-footer">
            <Toggles />
            <Figures />
          </div>
        </GraphiQL.Footer>
        <QueryEditor />
        <PaneTop />
        <SchemaOfToken />
      </GraphiQL>
    </SettingsProvider>
  );
}
