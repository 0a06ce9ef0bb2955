import {
  commitMutation,
  Environment,
  type FetchFunction,
  fetchQuery,
  graphql,
  type GraphQLResponse,
  type GraphQLTaggedNode,
  type MutationParameters,
  Network,
  type OperationType,
  readInlineData,
  RecordSource,
  Store,
} from 'relay-runtime';
import { waitForFragmentData } from 'relay-runtime/experimental';
import type { relay_problem$key } from '../generated/relay/relay_problem.graphql';
import type { relay_product$key } from '../generated/relay/relay_product.graphql';
import type { relay_products$key } from '../generated/relay/relay_products.graphql';
import type { relayDashboardQuery } from '../generated/relay/relayDashboardQuery.graphql';
import type { relayLogInMutation } from '../generated/relay/relayLogInMutation.graphql';
import type { relayMeQuery } from '../generated/relay/relayMeQuery.graphql';
import NextPageQuery, { type relayNextPageQuery } from '../generated/relay/relayNextPageQuery.graphql';
import type { relayProductsQuery } from '../generated/relay/relayProductsQuery.graphql';
import type { relayRestockMutation } from '../generated/relay/relayRestockMutation.graphql';
import { type Credentials, figures, page, period, present, type SignIn } from '../shop';

const logInMutation = graphql`
  mutation relayLogInMutation($email: String!, $password: String!) {
    logIn(input: { email: $email, password: $password }) {
      accessToken
      userErrors {
        ...relay_problem
      }
    }
  }
`;

const meQuery = graphql`
  query relayMeQuery {
    me {
      displayName
    }
  }
`;

const dashboardQuery = graphql`
  query relayDashboardQuery($from: DateTime!, $until: DateTime!, $timeZone: String!) {
    revenue: orderGroups(
      filter: { placedAt: { gte: $from, lt: $until }, status: { notIn: [PENDING, CANCELLED] } }
      by: [{ placedAt: { unit: MONTH, timeZone: $timeZone, fill: true } }]
    ) {
      nodes {
        key {
          placedAt {
            start
          }
        }
        totalCents {
          sum
        }
      }
    }
    topProducts: orderItemGroups(
      by: [{ product: { sku: VALUE } }, { product: { name: VALUE } }]
      orderBy: [{ lineTotalCents: { sum: DESC } }]
      first: 10
    ) {
      nodes {
        key {
          product {
            sku
            name
          }
        }
        share {
          lineTotalCents
        }
      }
    }
  }
`;

const productsQuery = graphql`
  query relayProductsQuery($first: Int!, $filter: ProductFilter = {}) {
    ...relay_products @arguments(first: $first, filter: $filter)
  }
`;

const productsFragment = graphql`
  fragment relay_products on Query
  @refetchable(queryName: "relayNextPageQuery")
  @argumentDefinitions(
    first: { type: "Int!" }
    after: { type: "String" }
    filter: { type: "ProductFilter", defaultValue: {} }
  ) {
    products(first: $first, after: $after, filter: $filter, orderBy: [{ priceCents: DESC }, { name: ASC }])
      @connection(key: "relay_products") {
      edges {
        node {
          ...relay_product
        }
      }
      pageInfo {
        endCursor
      }
    }
  }
`;

const productFragment = graphql`
  fragment relay_product on Product @inline {
    id
    name
    stock
    version
    category {
      name
    }
    reviews(first: 2, orderBy: [{ rating: DESC }]) {
      totalCount
      edges {
        node {
          rating
          author {
            displayName
          }
        }
      }
    }
  }
`;

const restockMutation = graphql`
  mutation relayRestockMutation($id: ID!, $stock: Int!, $ifVersion: BigInt!) {
    updateProduct(by: { id: $id }, patch: { stock: $stock }, ifVersion: $ifVersion) {
      product {
        ...relay_product
      }
      userErrors {
        ...relay_problem
      }
    }
  }
`;

const problemFragment = graphql`
  fragment relay_problem on UserError @inline {
    __typename
    ... on ConflictError {
      message
    }
    ... on InvalidCredentialsError {
      message
    }
    ... on NotAllowedError {
      message
    }
    ... on NotFoundError {
      message
    }
    ... on RateLimitedError {
      retryAfter
    }
    ... on StaleVersionError {
      currentVersion
    }
    ... on ValidationError {
      message
      path
    }
  }
`;

/** Says what went wrong. Does not compile where a kind of problem that the fragment names is forgotten. */
function describe(key: relay_problem$key): string {
  const problem = readInlineData(problemFragment, key);
  switch (problem.__typename) {
    case 'ConflictError':
    case 'InvalidCredentialsError':
    case 'NotAllowedError':
    case 'NotFoundError':
      return problem.message;
    case 'RateLimitedError':
      return `try again in ${problem.retryAfter} seconds`;
    case 'StaleVersionError':
      return `version ${problem.currentVersion} is the current one`;
    case 'ValidationError':
      return `${problem.path.join('.')}: ${problem.message}`;
    case '%other':
      return 'a problem of another kind';
  }
}

/** Answers depend on who asks, and so does what is stored: whoever signs in gets an environment of their own. */
function connect(endpoint: string, token?: string): Environment {
  const send: FetchFunction = async ({ text }, variables) => {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: {
        accept: 'application/graphql-response+json',
        'content-type': 'application/json',
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query: text, variables }),
    });
    return (await response.json()) as GraphQLResponse;
  };
  return new Environment({ network: Network.create(send), store: new Store(new RecordSource()) });
}

async function query<Operation extends OperationType>(
  environment: Environment,
  document: GraphQLTaggedNode,
  variables: Operation['variables'],
): Promise<Operation['response']> {
  return present(await fetchQuery<Operation>(environment, document, variables).toPromise(), 'data');
}

function mutate<Operation extends MutationParameters>(
  environment: Environment,
  mutation: GraphQLTaggedNode,
  variables: Operation['variables'],
): Promise<Operation['response']> {
  return new Promise((resolve, reject) => {
    commitMutation<Operation>(environment, { mutation, variables, onCompleted: resolve, onError: reject });
  });
}

async function logIn(endpoint: string, credentials: Credentials): Promise<string> {
  const { logIn } = await mutate<relayLogInMutation>(connect(endpoint), logInMutation, credentials);
  const [problem] = logIn.userErrors;
  if (problem) {
    throw new Error(describe(problem));
  }
  return present(logIn.accessToken, 'token');
}

export const withRelay: SignIn = async (endpoint, credentials) => {
  const environment = connect(endpoint, await logIn(endpoint, credentials));

  return {
    viewer: async () => present((await query<relayMeQuery>(environment, meQuery, {})).me, 'user').displayName,
    dashboard: async () => figures(await query<relayDashboardQuery>(environment, dashboardQuery, period)),
    products: async () => {
      const list: relay_products$key = await query<relayProductsQuery>(environment, productsQuery, page);
      const { products } = await waitForFragmentData(environment, productsFragment, list);
      const after = present(products.pageInfo.endCursor, 'cursor');
      await query<relayNextPageQuery>(environment, NextPageQuery, { ...page, after });
      const both = await waitForFragmentData(environment, productsFragment, list);
      return both.products.edges.map(({ node }) => readInlineData<relay_product$key>(productFragment, node));
    },
    restock: async (change) => {
      const { updateProduct } = await mutate<relayRestockMutation>(environment, restockMutation, change);
      const [problem] = updateProduct.userErrors;
      if (problem) {
        return { refusal: describe(problem) };
      }
      const product: relay_product$key = present(updateProduct.product, 'product');
      return { stock: readInlineData(productFragment, product).stock };
    },
  };
};
