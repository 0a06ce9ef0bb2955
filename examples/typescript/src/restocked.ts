import type { RestockMutation } from './generated/graphql';
import { describe } from './problems';
import { type Outcome, present } from './shop';

/** What came of a change. */
export function restocked({ updateProduct: { product, userErrors } }: RestockMutation): Outcome {
  const [problem] = userErrors;
  return problem ? { refusal: describe(problem) } : { stock: present(product, 'product').stock };
}
