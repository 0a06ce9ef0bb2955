import { useGraphiQL, useGraphiQLActions, useHeadersEditorState } from "@graphiql/react";
import { useEffect, useRef } from "react";
import { useTokens } from "./accounts";
import { tokenIn, withToken } from "./headers";

/** How long nothing is typed before a token counts as written, in milliseconds. */
const SETTLED = 400;

/**
 * Each role has a schema of its own, so it is asked for again when the token of the current tab is
 * another one: after signing in and out, on another tab, and by hand.
 */
export function SchemaOfToken(): null {
  const [text] = useHeadersEditorState();
  const headerEditor = useGraphiQL((state) => state.headerEditor);
  const { introspect } = useGraphiQLActions();
  const ended = useTokens((state) => state.ended);
  const token = tokenIn(text);
  const asked = useRef<string | undefined>(undefined);

  useEffect(() => {
    if (token && ended.includes(token)) {
      headerEditor?.setValue(withToken(headerEditor.getValue(), undefined));
      return;
    }
    if (token === asked.current) {
      return;
    }
    const timer = setTimeout(() => {
      asked.current = token;
      introspect();
    }, SETTLED);
    return () => clearTimeout(timer);
  }, [token, ended, headerEditor, introspect]);
  return null;
}
