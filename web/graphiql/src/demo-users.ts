import { create } from "zustand";
import { InvalidCredentials, knownToken, logIn } from "./accounts";
import { type DemoUser, hasPassword } from "./settings";
import { useSettings } from "./settings-context";

/** The e-mail addresses of demo users whose passwords in the settings the server has refused. */
const useOutdated = create<{ emails: string[] }>(() => ({ emails: [] }));

/** Whom everyone may sign in as; without a password that was refused, for each try counts. */
export function useDemoUsers(): DemoUser[] {
  const { demoUsers } = useSettings();
  const { emails } = useOutdated();
  return demoUsers.map(({ email, role, ...rest }) =>
    emails.includes(email) ? { email, role } : { email, role, ...rest },
  );
}

/** A password has to be typed. */
export class PasswordNeeded extends Error {
  constructor(
    message: string,
    /** Whose. */
    readonly email: string,
  ) {
    super(message);
  }
}

/** Whether it takes a click and nothing else to sign in as a demo user. */
export function isAtHand(user: DemoUser): boolean {
  return hasPassword(user) || knownToken(user.email) !== undefined;
}

/**
 * The token that a demo user was given before, or one for the password in the settings.
 *
 * @throws {@link PasswordNeeded}, or else with what is to be told to people
 */
export async function tokenOf(user: DemoUser): Promise<string> {
  const { email } = user;
  const known = knownToken(email);
  if (known) {
    return known;
  }
  if (!hasPassword(user)) {
    throw new PasswordNeeded(`Type the password of ${email}.`, email);
  }
  try {
    return await logIn(email, user.password);
  } catch (failure) {
    if (!(failure instanceof InvalidCredentials)) {
      throw failure;
    }
    useOutdated.setState(({ emails }) => ({ emails: [...emails, email] }));
    throw new PasswordNeeded(
      `The password of ${email} was changed since the server started. Type the one it has now.`,
      email,
    );
  }
}
