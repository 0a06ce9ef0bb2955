/** A user of the demo shop whom everyone may sign in as. */
export interface DemoUser {
  email: string;
  /** Where the server does not know it any more, it is asked for. */
  password?: string;
  role: string;
}

export function hasPassword(user: DemoUser): user is Required<DemoUser> {
  return user.password !== undefined;
}

/** What the server says about itself. */
export interface Settings {
  demoUsers: DemoUser[];
  /** Whether everyone is told how requests are answered. */
  explain: boolean;
}

/** Reads the settings; a server that has none has nothing to say. */
export async function readSettings(): Promise<Settings> {
  const response = await fetch(`${import.meta.env.BASE_URL}settings.json`);
  const said = response.ok ? ((await response.json()) as Partial<Settings>) : {};
  return { demoUsers: said.demoUsers ?? [], explain: said.explain ?? false };
}
