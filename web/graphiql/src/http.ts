/** The parameters of a request (GraphQL over HTTP, section 5.2). */
export interface Parameters {
  query: string;
  operationName?: string | null | undefined;
  variables?: unknown;
  extensions?: Record<string, unknown> | undefined;
}

/** A GraphQL response. */
export interface Answer {
  data?: Record<string, unknown> | null;
  errors?: { message: string; extensions?: Record<string, unknown> }[];
  extensions?: Record<string, unknown>;
}

/** A response with what came along. */
export interface Exchange {
  answer: Answer;
  status: number;
  /** From sending to having read all of it. */
  milliseconds: number;
  /** What the server's log calls the request. */
  requestId: string | null;
}

/**
 * Sends a request to the API.
 *
 * @throws where the server cannot be reached, or does not answer in JSON
 */
export async function send(
  parameters: Parameters,
  headers: Record<string, string> = {},
): Promise<Exchange> {
  const begun = performance.now();
  const response = await fetch("/graphql", {
    method: "POST",
    headers: {
      accept: "application/graphql-response+json, application/json",
      "content-type": "application/json",
      ...headers,
    },
    body: JSON.stringify(parameters),
  });
  const text = await response.text();
  const milliseconds = performance.now() - begun;
  return {
    answer: parse(text, response.status),
    status: response.status,
    milliseconds,
    requestId: response.headers.get("x-request-id"),
  };
}

function parse(text: string, status: number): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    throw new Error(`The server answered with status ${status}, and not in JSON: ${text.slice(0, 200)}`);
  }
}
