import { explorerPlugin } from "@graphiql/plugin-explorer";
import {
  type GraphiQLPlugin,
  pick,
  useGraphiQL,
  useOperationsEditorState,
  useOptimisticState,
} from "@graphiql/react";
import { type ReactElement, useLayoutEffect, useRef } from "react";

const { content: Content, ...button } = explorerPlugin({ showAttribution: false });

export const EXPLORER: GraphiQLPlugin = { ...button, content: Explorer };

/**
 * The Explorer puts the cursor into fields, however far down they are, when it has read the operation,
 * which is some time after it was opened. Here it begins at its top.
 */
function Explorer(): ReactElement {
  const { queryEditor, schema } = useGraphiQL(pick("queryEditor", "schema"));
  const [operation] = useOptimisticState(useOperationsEditorState());
  const content = useRef<HTMLDivElement>(null);
  const isOpen = useRef(false);
  useLayoutEffect(() => {
    if (isOpen.current || !schema || operation !== queryEditor?.getValue()) {
      return;
    }
    isOpen.current = true;
    content.current?.parentElement?.scrollTo(0, 0);
    if (content.current?.contains(document.activeElement)) {
      content.current.focus({ preventScroll: true });
    }
  }, [operation, queryEditor, schema]);
  return (
    <div ref={content} className="purser-explorer" tabIndex={-1}>
      <Content />
    </div>
  );
}
