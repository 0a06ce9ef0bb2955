import { type GraphiQLPlugin, useGraphiQL } from "@graphiql/react";

/** Shows and hides panes. */
interface Panes {
  show: (pane: GraphiQLPlugin) => void;
  hide: () => void;
}

/** Presses the buttons of the sidebar, for nothing else makes room for a pane as well as showing it. */
export function usePanes(): Panes {
  const plugins = useGraphiQL((state) => state.plugins);
  return {
    show: (pane) => press(`[data-index="${plugins.indexOf(pane)}"]:not(.active)`),
    hide: () => press(".active"),
  };
}

function press(button: string): void {
  document.querySelector<HTMLButtonElement>(`.graphiql-sidebar button${button}`)?.click();
}
