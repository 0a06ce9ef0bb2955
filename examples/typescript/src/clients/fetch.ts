import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { DashboardDocument, LogInDocument, MeDocument, ProductsDocument, RestockDocument } from '../generated/graphql';
import { accept } from '../problems';
import { restocked } from '../restocked';
import { figures, page, period, present, type SignIn } from '../shop';

interface Response<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

/** A function that sends operations, and gives what the document says. */
function connect(endpoint: string, token?: string) {
  return async <Data, Variables>(document: TypedDocumentNode<Data, Variables>, variables: Variables): Promise<Data> => {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: {
        accept: 'application/graphql-response+json',
        'content-type': 'application/json',
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query: print(document), variables }),
    });
    const { data, errors } = (await response.json()) as Response<Data>;
    if (errors) {
      throw new Error(errors.map(({ message, extensions }) => `${extensions.code}: ${message}`).join('; '));
    }
    return present(data, 'data');
  };
}

export const withFetch: SignIn = async (endpoint, credentials) => {
  const { logIn } = await connect(endpoint)(LogInDocument, credentials);
  accept(logIn.userErrors);
  const send = connect(endpoint, present(logIn.accessToken, 'token'));

  return {
    viewer: async () => present((await send(MeDocument, {})).me, 'user').displayName,
    dashboard: async () => figures(await send(DashboardDocument, period)),
    products: async () => {
      const first = await send(ProductsDocument, page);
      const after = present(first.products.pageInfo.endCursor, 'cursor');
      const second = await send(ProductsDocument, { ...page, after });
      return [...first.products.edges, ...second.products.edges].map(({ node }) => node);
    },
    restock: async (change) => restocked(await send(RestockDocument, change)),
  };
};
