import { useGraphiQL, useHeadersEditorState } from "@graphiql/react";
import { useEffect, useState } from "react";
import { logIn, logOut, useTokens } from "./accounts";
import { tokenOf } from "./demo-users";
import { tokenIn, withToken } from "./headers";
import { type Role, suffices } from "./role";
import type { DemoUser } from "./settings";
import { type Claims, readClaims } from "./token";

/** Whom the current tab asks as, which is what its headers say. */
export interface Account {
  token: string | undefined;
  /** None where the token was not given here. */
  email: string | undefined;
  /** None where the token says none that is known. */
  role: Role | undefined;
  expires: number | undefined;
  expired: boolean;
  signIn: (email: string, password: string) => Promise<void>;
  /** Signs in as a demo user, unless that was done before. */
  become: (user: DemoUser) => Promise<void>;
  /** Whether the tab that is open by now asks as at least that role. */
  suffices: (needed: Role) => boolean;
  /** Takes the token out of the headers, and no more. */
  forget: () => void;
  signOut: () => Promise<void>;
}

export function useAccount(): Account {
  const [text] = useHeadersEditorState();
  const headerEditor = useGraphiQL((state) => state.headerEditor);
  const emails = useTokens((state) => state.emails);
  const { token, role, expires } = bearerIn(text);
  const expired = usePast(expires);

  const put = (next: string | undefined) => {
    headerEditor?.setValue(withToken(headerEditor.getValue(), next));
  };
  return {
    token,
    email: token && emails[token],
    role,
    expires,
    expired,
    signIn: async (email, password) => put(await logIn(email, password)),
    become: async (user) => put(await tokenOf(user)),
    suffices: (needed) => {
      const bearer = bearerIn(headerEditor?.getValue() ?? "");
      return suffices(bearer.role, needed) && (bearer.expires ?? Infinity) > Date.now();
    },
    forget: () => put(undefined),
    signOut: async () => {
      if (token) {
        await logOut(token);
      }
      put(undefined);
    },
  };
}

function bearerIn(headers: string): Claims & { token: string | undefined } {
  const token = tokenIn(headers);
  return token ? { token, ...readClaims(token) } : { token, role: "anonymous", expires: undefined };
}

/** What to call whoever a token is of. */
export function nameOf({ email }: Account): string {
  return email ?? "somebody";
}

/** The role that a token gives, or that it gives none any more. */
export function stateOf({ expired, role }: Account): string {
  return expired ? "expired" : (role ?? "some role");
}

/** Whether a moment is over, told again when it is. */
function usePast(moment: number | undefined): boolean {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const left = (moment ?? 0) - Date.now();
    const timer = setTimeout(() => setNow(Date.now()), Math.max(left, 0));
    return () => clearTimeout(timer);
  }, [moment]);
  return moment !== undefined && moment <= now;
}
