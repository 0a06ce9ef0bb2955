import type { DateTime } from './scalars';

/** Who signs in. */
export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** Signs in with one client. */
export type SignIn = (endpoint: string, credentials: Credentials) => Promise<Shop>;

/** What each client can do. All of it rejects where the server answers with errors. */
export interface Shop {
  /** The name of who is signed in. */
  viewer(): Promise<string>;
  /** The dashboard of the README. */
  dashboard(): Promise<Figures>;
  /** The most expensive products that can be bought, on two pages by keyset. */
  products(): Promise<readonly Product[]>;
  /** Says how many pieces of a product there are, unless it has another version by now. */
  restock(change: Change): Promise<Outcome>;
}

export interface Product {
  readonly id: string;
  readonly name: string;
  readonly stock: number;
  readonly version: number;
}

export interface Change {
  readonly id: string;
  readonly stock: number;
  readonly ifVersion: number;
}

export type Outcome = { readonly stock: number } | { readonly refusal: string };

/** Figures of the dashboard. */
export interface Figures {
  readonly months: readonly { readonly start: DateTime; readonly cents: number }[];
  readonly products: readonly { readonly name: string; readonly share: number }[];
}

interface Dashboard {
  readonly revenue: {
    readonly nodes: readonly {
      readonly key: { readonly placedAt: { readonly start: DateTime | null | undefined } };
      readonly totalCents: { readonly sum: number | null | undefined };
    }[];
  };
  readonly topProducts: {
    readonly nodes: readonly {
      readonly key: { readonly product: { readonly name: string } };
      readonly share: { readonly lineTotalCents: number | null | undefined };
    }[];
  };
}

/** The stretch of time of the dashboard, by the clocks of the shop. */
export const period = {
  from: '2023-10-31T23:00:00Z',
  until: '2024-04-30T22:00:00Z',
  timeZone: 'Europe/Berlin',
} as const;

/** A page of what can be bought. */
export const page = { first: 3, filter: { stock: { gt: 0 } } } as const;

/** The figures of an answer, whichever client it came by. */
export function figures({ revenue, topProducts }: Dashboard): Figures {
  return {
    months: revenue.nodes.map(({ key, totalCents }) => ({
      start: present(key.placedAt.start, 'month'),
      cents: totalCents.sum ?? 0,
    })),
    products: topProducts.nodes.map(({ key, share }) => ({
      name: key.product.name,
      share: present(share.lineTotalCents, 'share'),
    })),
  };
}

/** The value, which has to be there. */
export function present<Value>(value: Value | null | undefined, name: string): Value {
  if (value === null || value === undefined) {
    throw new Error(`the server gave no ${name}`);
  }
  return value;
}
