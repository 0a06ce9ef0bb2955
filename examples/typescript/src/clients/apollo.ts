import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';
import { filter, firstValueFrom } from 'rxjs';
import { DashboardDocument, LogInDocument, MeDocument, ProductsDocument, RestockDocument } from '../generated/graphql';
import possibleTypes from '../generated/possible-types';
import { accept } from '../problems';
import { restocked } from '../restocked';
import { figures, page, period, present, type SignIn } from '../shop';

/** Answers depend on who asks, and so does what is cached: whoever signs in gets a client of their own. */
function connect(endpoint: string, token?: string): ApolloClient {
  return new ApolloClient({
    link: new HttpLink({ uri: endpoint, ...(token && { headers: { authorization: `Bearer ${token}` } }) }),
    cache: new InMemoryCache({
      ...possibleTypes,
      typePolicies: { Query: { fields: { products: relayStylePagination(['filter', 'orderBy', 'search']) } } },
    }),
  });
}

async function data<Data>(answer: Promise<{ readonly data?: Data | undefined }>): Promise<Data> {
  return present((await answer).data, 'data');
}

export const withApollo: SignIn = async (endpoint, credentials) => {
  const { logIn } = await data(connect(endpoint).mutate({ mutation: LogInDocument, variables: credentials }));
  accept(logIn.userErrors);
  const client = connect(endpoint, present(logIn.accessToken, 'token'));

  return {
    viewer: async () => present((await data(client.query({ query: MeDocument }))).me, 'user').displayName,
    dashboard: async () => figures(await data(client.query({ query: DashboardDocument, variables: period }))),
    products: async () => {
      const list = client.watchQuery({ query: ProductsDocument, variables: page });
      const whole = filter((result: ReturnType<typeof list.getCurrentResult>) => result.dataState === 'complete');
      const { products } = await data(firstValueFrom(list.pipe(whole)));
      await list.fetchMore({ variables: { after: present(products.pageInfo.endCursor, 'cursor') } });
      const both = present(client.readQuery({ query: ProductsDocument, variables: page }), 'list');
      return both.products.edges.map(({ node }) => node);
    },
    restock: async (change) => restocked(await data(client.mutate({ mutation: RestockDocument, variables: change }))),
  };
};
