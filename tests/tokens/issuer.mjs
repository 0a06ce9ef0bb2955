// An OpenID provider that gives access tokens to two clients: one that works in
// the shop, and one of a customer. Prints where it listens.

import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';
import { createServer } from 'node:http';

const { privateKey } = await generateKeyPair('RS256', { extractable: true });
const key = { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'issuer-1' };

const client = (client_id) => ({
  client_id,
  client_secret: 'a secret of the test alone',
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
});
const roles = { clerk: ['clerk'], visitor: [] };

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    jwks: { keys: [key] },
    clients: [client('clerk'), client('visitor')],
    extraTokenClaims: (_, token) => ({
      realm_access: { roles: roles[token.clientId] },
      email: `${token.clientId}@id.example`,
      email_verified: true,
      name: `The ${token.clientId}`,
    }),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:shop',
        getResourceServerInfo: () => ({
          scope: 'api',
          audience: 'https://api.shop.example',
          accessTokenTTL: 300,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  });
  server.on('request', provider.callback());
  console.log(issuer);
});
