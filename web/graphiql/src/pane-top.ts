import { useGraphiQL } from "@graphiql/react";
import { useLayoutEffect } from "react";

/** Has each pane begin at its top, wherever the one before it was scrolled to. */
export function PaneTop(): null {
  const pane = useGraphiQL((state) => state.visiblePlugin);
  useLayoutEffect(() => {
    if (pane) {
      document.querySelector(".graphiql-plugin")?.scrollTo(0, 0);
    }
  }, [pane]);
  return null;
}
