import type { GraphiQLPlugin } from "@graphiql/react";
import { Fragment, type ReactElement } from "react";
import { figure } from "../figure";
import { GaugeIcon } from "../icons";
import { type Cost, type Explained, useReport } from "../report";
import { layOut } from "../sql";
import { Toggles } from "../toggles";
import { Pane } from "./pane";

export const REPORT: GraphiQLPlugin = { title: "Cost and SQL", icon: GaugeIcon, content: ReportPane };

function ReportPane(): ReactElement {
  const report = useReport();
  return (
    <Pane title="Cost and SQL">
      <Toggles />
      {!report && <p>Turn something on and run an operation.</p>}
      {report && (
        <>
          <p>
            {report.operation ?? "The last operation"} was answered with status {report.status} in{" "}
            {figure(Math.round(report.milliseconds))} ms
            {report.requestId && (
              <>
                , as request <code>{report.requestId}</code>
              </>
            )}
            .
          </p>
          {report.cost && <CostOf cost={report.cost} refused={report.refused} />}
          {report.explained?.map((explained, place) => (
            <Field key={explained.field} explained={explained} open={place === 0} />
          ))}
        </>
      )}
    </Pane>
  );
}

function CostOf({ cost, refused }: { cost: Cost; refused: boolean }): ReactElement {
  return (
    <output className="purser-box">
      <strong>
        {figure(cost.cost)} of {figure(cost.budget)} rows
      </strong>
      <meter
        aria-label="Cost"
        max={cost.budget}
        high={cost.budget * 0.8}
        value={Math.min(cost.cost, cost.budget)}
      />
      {cost.costliest && (
        <>
          Most of it for <code>{cost.costliest}</code>.
        </>
      )}
      {refused && <span className="purser-error">It was refused: nothing ran.</span>}
    </output>
  );
}

function Field({ explained, open }: { explained: Explained; open: boolean }): ReactElement {
  const { field, cost, milliseconds, rules, sql, parameters, plan } = explained;
  return (
    <details className="purser-field" open={open}>
      <summary>
        <code>{field}</code>
        <span>
          cost {figure(cost)}
          {milliseconds !== undefined && `, ${milliseconds.toLocaleString("en-GB")} ms`}
        </span>
      </summary>
      <pre className="purser-sql" aria-label={`SQL of ${field}`} tabIndex={0}>
        {layOut(sql).map(({ indent, tokens }, row) => (
          <Fragment key={row}>
            {"  ".repeat(indent)}
            {tokens.map(({ kind, text, spaced }, place) => (
              <span key={place} data-kind={kind}>
                {spaced && place > 0 && " "}
                {text}
              </span>
            ))}
            {"\n"}
          </Fragment>
        ))}
      </pre>
      {parameters.length > 0 && <p>Parameters: {parameters.join(", ")}.</p>}
      {rules.length > 0 && <Lines title="Rules" lines={rules} />}
      {plan && plan.length > 0 && (
        <>
          <h3>How the database runs it</h3>
          <pre tabIndex={0}>{plan.join("\n")}</pre>
        </>
      )}
    </details>
  );
}

function Lines({ title, lines }: { title: string; lines: string[] }): ReactElement {
  return (
    <>
      <h3>{title}</h3>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </>
  );
}
