import type { TabsState } from "@graphiql/react";
import { create } from "zustand";
import type { Exchange } from "./http";

/** The price of an operation, in rows that it may touch. */
export interface Cost {
  cost: number;
  budget: number;
  /** The path of the field that costs most. */
  costliest?: string | null;
}

/** How a root field is answered. */
export interface Explained {
  field: string;
  cost: number;
  rules: string[];
  sql: string;
  parameters: string[];
  milliseconds?: number;
  plan?: string[];
}

/** What a run told beside its answer. */
export interface Report {
  operation: string | undefined;
  status: number;
  milliseconds: number;
  requestId: string | null;
  cost: Cost | undefined;
  /** Whether it was refused because of its cost. */
  refused: boolean;
  explained: Explained[] | undefined;
  preview: boolean;
}

/** What is told of the answer in each tab, and which tab is open. */
interface Reports {
  tab: string;
  told: Record<string, Report | undefined>;
}

const useReports = create<Reports>(() => ({ tab: "", told: {} }));

/** What was told of the answer in the tab that is open. */
export function useReport(): Report | undefined {
  return useReports(({ tab, told }) => told[tab]);
}

/** Notes which tab is open. That is where GraphiQL shows answers, wherever they were asked for. */
export function noteTab({ tabs, activeTabIndex }: TabsState): void {
  useReports.setState({ tab: tabs[activeTabIndex]?.id ?? "" });
}

/** Puts a report to the tab that is open, or none where there was no answer. */
export function putReport(report: Report | undefined): void {
  useReports.setState(({ tab, told }) => ({ told: { ...told, [tab]: report } }));
}

export function reportOf(operation: string | undefined, exchange: Exchange): Report {
  const { answer, status, milliseconds, requestId } = exchange;
  const told = answer.extensions ?? {};
  const refusal = answer.errors?.find((error) => error.extensions?.["code"] === "QUERY_TOO_COMPLEX");
  return {
    operation,
    status,
    milliseconds,
    requestId,
    cost: costIn(told["cost"]) ?? costIn(refusal?.extensions),
    refused: refusal !== undefined,
    explained: Array.isArray(told["explain"]) ? (told["explain"] as Explained[]) : undefined,
    preview: told["preview"] === true,
  };
}

function costIn(told: unknown): Cost | undefined {
  const { cost, budget, costliest } = (told ?? {}) as Partial<Cost>;
  return typeof cost === "number" && typeof budget === "number"
    ? { cost, budget, costliest: costliest ?? null }
    : undefined;
}
