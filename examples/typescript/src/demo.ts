import { deepStrictEqual, ok } from 'node:assert/strict';
import { withApollo } from './clients/apollo';
import { withFetch } from './clients/fetch';
import { withRelay } from './clients/relay';
import { withUrql } from './clients/urql';
import type { DateTime } from './scalars';
import { type Credentials, type Outcome, page, period, present, type SignIn } from './shop';

const clients: Readonly<Record<string, SignIn>> = {
  fetch: withFetch,
  urql: withUrql,
  'Apollo Client': withApollo,
  Relay: withRelay,
};

/** Goes through the shop with one client, and tells what every client must see alike. */
async function visit(endpoint: string, credentials: Credentials, signIn: SignIn) {
  const shop = await signIn(endpoint, credentials);
  const viewer = await shop.viewer();
  const { months, products: best } = await shop.dashboard();
  const products = await shop.products();
  ok(months.length > 0 && best.length > 0, 'the dashboard is empty');
  ok(new Set(products.map(({ id }) => id)).size === 2 * page.first, 'the pages are not two different full ones');
  const { id, stock, version } = present(products[0], 'product');
  const stale = await shop.restock({ id, stock: stock + 1, ifVersion: version - 1 });
  deepStrictEqual(stale, { refusal: `version ${version} is the current one` } satisfies Outcome);
  const kept = await shop.restock({ id, stock: stock + 1, ifVersion: version });
  deepStrictEqual(kept, { stock: stock + 1 } satisfies Outcome);

  const seen = { viewer, months, best, products: products.map(({ name }) => name) };
  return { seen, stale, kept };
}

/** The month that begins at a moment, by the clocks of the shop. */
function month(start: DateTime): string {
  return new Date(start).toLocaleDateString('sv', { timeZone: period.timeZone, year: 'numeric', month: '2-digit' });
}

async function main(endpoint: string, credentials: Credentials): Promise<void> {
  const views = [];
  for (const [name, signIn] of Object.entries(clients)) {
    try {
      const { seen, stale, kept } = await visit(endpoint, credentials, signIn);
      console.log(`${name}: signed in as ${seen.viewer}`);
      console.log(`  revenue: ${seen.months.map(({ start, cents }) => `${month(start)} ${cents / 100}`).join(', ')}`);
      console.log(`  best: ${seen.best.map(({ name, share }) => `${name} ${(share * 100).toFixed(1)} %`).join(', ')}`);
      console.log(`  products: ${seen.products.join(', ')}`);
      console.log(`  restock: ${JSON.stringify(stale)}, then ${JSON.stringify(kept)}`);
      views.push(seen);
    } catch (error) {
      console.error(`${name}:`, error);
      process.exitCode = 1;
    }
  }
  for (const view of views) {
    deepStrictEqual(view, views[0]);
  }
}

const [, , endpoint] = process.argv;
const { EMAIL: email = 'grace@example.com', PASSWORD: password } = process.env;
if (!endpoint || !password) {
  console.error('PASSWORD=… npm run demo -- http://127.0.0.1:8000/graphql');
  process.exit(2);
}
void main(endpoint, { email, password });
