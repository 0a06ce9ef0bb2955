import { type Role, roleOf } from "./role";

/** What an access token says of itself. It is for show: only the server can tell whether it is good. */
export interface Claims {
  role: Role | undefined;
  /** When it expires, in milliseconds since 1970. */
  expires: number | undefined;
}

export function readClaims(token: string): Claims {
  const said = payload(token);
  return {
    role: typeof said["role"] === "string" ? roleOf(said["role"]) : undefined,
    expires: typeof said["exp"] === "number" ? said["exp"] * 1000 : undefined,
  };
}

function payload(token: string): Record<string, unknown> {
  const part = token.split(".")[1] ?? "";
  try {
    const bytes = Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (letter) =>
      letter.charCodeAt(0),
    );
    const said: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof said === "object" && said !== null ? (said as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
