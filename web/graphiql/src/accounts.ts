import { create } from "zustand";
import { type Answer, send } from "./http";
import { readClaims } from "./token";

/** What is known of the tokens that this page was given, for as long as it is open. */
interface Tokens {
  /** Whose they are, by token. */
  emails: Record<string, string>;
  /** Those that the server takes no more. */
  ended: string[];
}

export const useTokens = create<Tokens>(() => ({ emails: {}, ended: [] }));

const LOG_IN = `mutation LogIn($input: LogInInput!) {
  logIn(input: $input) {
    accessToken
    userErrors { code message ... on RateLimitedError { retryAfter } }
  }
}`;

const LOG_OUT = "mutation LogOut { logOut(input: {}) { userErrors { message } } }";

interface LogInPayload {
  accessToken: string | null;
  userErrors: { code: string; message: string; retryAfter?: number }[];
}

/** An e-mail address and a password do not go together. */
export class InvalidCredentials extends Error {}

/**
 * Signs in and returns the access token.
 *
 * @throws {@link InvalidCredentials}, or else with what is to be told to people
 */
export async function logIn(email: string, password: string): Promise<string> {
  const { answer } = await send({ query: LOG_IN, variables: { input: { email, password } } });
  const payload = answer.data?.["logIn"] as LogInPayload | undefined;
  const token = payload?.accessToken;
  if (!token) {
    const isInvalid = payload?.userErrors.some(({ code }) => code === "INVALID_CREDENTIALS");
    throw new (isInvalid ? InvalidCredentials : Error)(reasons(answer, payload));
  }
  useTokens.setState(({ emails }) => ({ emails: { ...emails, [token]: email } }));
  return token;
}

function reasons(answer: Answer, payload: LogInPayload | undefined): string {
  const messages = [
    ...(answer.errors ?? []).map((error) => error.message),
    ...(payload?.userErrors ?? []).map(({ message, retryAfter }) =>
      retryAfter === undefined ? message : `Too many attempts. Try again in ${duration(retryAfter)}.`,
    ),
  ];
  return messages.join(" ") || "The server gave no token, and no reason.";
}

function duration(seconds: number): string {
  const [count, unit] = seconds < 120 ? [seconds, "second"] : [Math.ceil(seconds / 60), "minute"];
  const at = new Date(Date.now() + seconds * 1000).toLocaleTimeString();
  return `${count} ${unit}${count === 1 ? "" : "s"}, at ${at}`;
}

/** A token that somebody was given here, and that is good for a while. */
export function knownToken(email: string): string | undefined {
  const { emails, ended } = useTokens.getState();
  const soon = Date.now() + 60_000;
  return Object.keys(emails).find(
    (token) =>
      emails[token] === email && !ended.includes(token) && (readClaims(token).expires ?? 0) > soon,
  );
}

/** Ends the session of a token. One that is refused has ended already. */
export async function logOut(token: string): Promise<void> {
  await send({ query: LOG_OUT }, { authorization: `Bearer ${token}` });
  useTokens.setState(({ ended }) => ({ ended: [...ended, token] }));
}
