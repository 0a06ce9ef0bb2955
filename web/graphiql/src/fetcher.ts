import type { Fetcher } from "@graphiql/toolkit";
import { extensions, useAside } from "./aside";
import { send } from "./http";
import { putReport, reportOf } from "./report";

/** Sends what GraphiQL asks, with what is asked beside it, and keeps what is told beside the answer. */
export const fetcher: Fetcher = async ({ query, operationName, variables }, options) => {
  const headers = options?.headers as Record<string, string> | undefined;
  if (operationName === "IntrospectionQuery") {
    return (await send({ query, operationName }, headers)).answer as object;
  }
  try {
    const exchange = await send(
      { query, operationName, variables, extensions: extensions(useAside.getState()) },
      headers,
    );
    putReport(reportOf(operationName ?? undefined, exchange));
    return exchange.answer as object;
  } catch (failure) {
    putReport(undefined);
    throw failure;
  }
};
