// Runs the server audits of graphql-http against the endpoint given as the
// only argument, says which fail and why, and counts the rest.
import { serverAudits } from "graphql-http";

const url = process.argv[2];
if (!url) {
  console.error("usage: node run.mjs http://127.0.0.1:8000/graphql");
  process.exit(2);
}

// Requests by GET say that they are of GraphQL.
const fetchFn = (input, init = {}) =>
  fetch(input, { ...init, headers: { "graphql-require-preflight": "1", ...init.headers } });
const audits = serverAudits({ url, fetchFn });
let passed = 0;
for (const audit of audits) {
  const result = await audit.fn();
  if (result.status === "ok") {
    passed += 1;
    continue;
  }
  const { status, statusText, headers } = result.response;
  console.log(`${audit.id} ${audit.name}: ${result.reason}`);
  console.log(`  answered ${status} ${statusText}, ${headers.get("content-type")}`);
  console.log(`  ${await result.response.text().catch(() => "(body already read)")}`);
}
console.log(`${passed} of ${audits.length} audits passed`);
process.exitCode = passed === audits.length ? 0 : 1;
