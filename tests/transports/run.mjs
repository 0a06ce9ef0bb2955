// Asks a server, whose address is the only argument, over a WebSocket and by
// server-sent events, with the clients that most front ends use. Prints what
// was checked; fails where something is not as it should be.
import assert from "node:assert/strict";
import { createClient as createEvents } from "graphql-sse";
import { createClient as createSocket } from "graphql-ws";
import WebSocket from "ws";

const url = process.argv[2];
if (!url) {
  console.error("usage: node run.mjs http://127.0.0.1:8000/graphql");
  process.exit(2);
}

const NAMES = "query($n: Int) { products(first: $n) { nodes { name } } }";
const UPDATE =
  "mutation($name: String!) { updateProfile(input: { displayName: $name })" +
  " { user { displayName } userErrors { code } } }";

/** Everything that an operation yields. */
async function all(client, request) {
  const results = [];
  for await (const result of client.iterate(request)) {
    results.push(result);
  }
  return results;
}

/** The data of the one result of an operation. */
async function data(client, request) {
  const results = await all(client, request);
  assert.equal(results.length, 1);
  assert.equal(results[0].errors, undefined);
  return results[0].data;
}

/** Signs up, and returns the access token. */
async function signUp(client, email) {
  const signedUp = await data(client, {
    query:
      "mutation($input: SignUpInput!) { signUp(input: $input)" +
      " { accessToken userErrors { code } } }",
    variables: { input: { email, password: "correct horse battery", displayName: "Mary" } },
  });
  assert.deepEqual(signedUp.signUp.userErrors, []);
  return signedUp.signUp.accessToken;
}

/** What both kinds of client do alike; `connect` makes one for a token. */
async function both(connect, email, refusal) {
  const anonymous = connect();
  const { products } = await data(anonymous, { query: NAMES, variables: { n: 2 } });
  assert.equal(products.nodes.length, 2);

  const error = await refusal(anonymous, { query: "{ nonsense }" });
  assert.equal(error.extensions.code, "GRAPHQL_VALIDATION_FAILED");
  assert.ok(error.extensions.requestId);

  const [first, second] = await Promise.all([
    data(anonymous, { query: "{ categories { totalCount } }" }),
    data(anonymous, { query: "{ __typename }" }),
  ]);
  assert.ok(first.categories.totalCount > 0);
  assert.equal(second.__typename, "Query");

  const token = await signUp(anonymous, email);
  const mary = connect(token);
  const updated = await data(mary, { query: UPDATE, variables: { name: email } });
  assert.deepEqual(updated.updateProfile, {
    user: { displayName: email },
    userErrors: [],
  });

  // What is given up is not told any more, and the client goes on.
  await new Promise((resolve, reject) => {
    const stop = mary.subscribe(
      { query: "{ products { totalCount } }" },
      { next: () => reject(new Error("told")), error: reject, complete: resolve },
    );
    stop();
  });
  const me = await data(mary, { query: "{ me { displayName } }" });
  assert.equal(me.me.displayName, email);

  anonymous.dispose();
  mary.dispose();
}

await both(
  (token) =>
    createSocket({
      url: url.replace(/^http/, "ws"),
      webSocketImpl: WebSocket,
      connectionParams: token && { Authorization: `Bearer ${token}` },
      lazyCloseTimeout: 500,
    }),
  "socket@example.com",
  async (client, request) => {
    const errors = await all(client, request).catch((errors) => errors);
    assert.equal(errors.length, 1);
    return errors[0];
  },
);
console.log("graphql-ws: queries, mutations, errors and what is given up");

const refused = createSocket({
  url: url.replace(/^http/, "ws"),
  webSocketImpl: WebSocket,
  connectionParams: { Authorization: "Bearer garbage" },
  retryAttempts: 0,
});
const event = await all(refused, { query: "{ __typename }" }).catch((event) => event);
assert.equal(event.code, 4403);
assert.match(event.reason, /^Forbidden: The token is not valid/);
console.log("graphql-ws: a token that is refused");

await both(
  (token) =>
    createEvents({
      url,
      headers: token && { authorization: `Bearer ${token}` },
      retryAttempts: 0,
    }),
  "events@example.com",
  async (client, request) => {
    const results = await all(client, request);
    assert.equal(results.length, 1);
    assert.equal(results[0].data, undefined);
    return results[0].errors[0];
  },
);
console.log("graphql-sse: queries, mutations, errors and what is given up");

const unknown = createEvents({
  url,
  headers: { authorization: "Bearer garbage" },
  retryAttempts: 0,
});
const error = await all(unknown, { query: "{ __typename }" }).catch((error) => error);
assert.equal(error.response.status, 401);
assert.equal((await error.response.json()).errors[0].extensions.code, "UNAUTHENTICATED");
console.log("graphql-sse: a token that is refused");
