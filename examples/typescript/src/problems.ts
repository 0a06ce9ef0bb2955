import type { ProblemFragment } from './generated/graphql';

/** Says what went wrong. Does not compile where a kind of problem is forgotten. */
export function describe(problem: ProblemFragment): string {
  switch (problem.__typename) {
    case 'ConflictError':
    case 'NotAllowedError':
    case 'NotFoundError':
    case 'ValidationError':
      return `${problem.path.join('.')}: ${problem.message}`;
    case 'InvalidCredentialsError':
    case 'RolledBackError':
    case 'SessionOverError':
      return problem.message;
    case 'InvalidTransitionError':
      return `it is ${problem.currentStatus} by now`;
    case 'OutOfStockError':
      return `${problem.available} pieces are left`;
    case 'RateLimitedError':
      return `try again in ${problem.retryAfter} seconds`;
    case 'StaleVersionError':
      return `version ${problem.currentVersion} is the current one`;
    case 'TooManyRowsError':
      return `${problem.matches} rows would be changed`;
    default:
      return unknown(problem);
  }
}

/** Throws where a mutation was refused. */
export function accept(problems: readonly ProblemFragment[]): void {
  if (problems.length > 0) {
    throw new Error(problems.map(describe).join('; '));
  }
}

/** A server that is newer than this client may know other kinds. */
function unknown(problem: never): never {
  throw new Error(`a problem of an unknown kind: ${JSON.stringify(problem)}`);
}
