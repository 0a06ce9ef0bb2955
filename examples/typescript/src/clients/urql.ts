import { type AnyVariables, cacheExchange, Client, fetchExchange, type OperationResult } from '@urql/core';
import { DashboardDocument, LogInDocument, MeDocument, ProductsDocument, RestockDocument } from '../generated/graphql';
import { accept } from '../problems';
import { restocked } from '../restocked';
import { figures, page, period, present, type SignIn } from '../shop';

/** Answers depend on who asks, and so does what is cached: whoever signs in gets a client of their own. */
function connect(endpoint: string, token?: string): Client {
  return new Client({
    url: endpoint,
    exchanges: [cacheExchange, fetchExchange],
    ...(token && { fetchOptions: { headers: { authorization: `Bearer ${token}` } } }),
  });
}

async function data<Data, Variables extends AnyVariables>(
  answer: PromiseLike<OperationResult<Data, Variables>>,
): Promise<Data> {
  const { data, error } = await answer;
  if (error) {
    throw error;
  }
  return present(data, 'data');
}

export const withUrql: SignIn = async (endpoint, credentials) => {
  const { logIn } = await data(connect(endpoint).mutation(LogInDocument, credentials));
  accept(logIn.userErrors);
  const client = connect(endpoint, present(logIn.accessToken, 'token'));

  return {
    viewer: async () => present((await data(client.query(MeDocument, {}))).me, 'user').displayName,
    dashboard: async () => figures(await data(client.query(DashboardDocument, period))),
    products: async () => {
      const first = await data(client.query(ProductsDocument, page));
      const after = present(first.products.pageInfo.endCursor, 'cursor');
      const second = await data(client.query(ProductsDocument, { ...page, after }));
      return [...first.products.edges, ...second.products.edges].map(({ node }) => node);
    },
    restock: async (change) => restocked(await data(client.mutation(RestockDocument, change))),
  };
};
