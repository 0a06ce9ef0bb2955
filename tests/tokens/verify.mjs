// Verifies an access token as any other service would: by the published keys.
//
//     node verify.mjs JWKS_URL ISSUER AUDIENCE < tokens, one a line
//
// Prints the header and the claims of each.

import { createRemoteJWKSet, jwtVerify } from 'jose';

const [url, issuer, audience] = process.argv.slice(2);
const keys = createRemoteJWKSet(new URL(url));
let given = '';
for await (const chunk of process.stdin) given += chunk;
for (const token of given.trim().split('\n')) {
  const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer, audience, typ: 'at+jwt' });
  console.log(JSON.stringify({ header: protectedHeader, claims: payload }));
}
