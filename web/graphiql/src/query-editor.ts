import { type MonacoEditor, useGraphiQL } from "@graphiql/react";
import { useEffect } from "react";
import { isTouched } from "./screen";

/** Has long lines wrap, and the cursor in the editor from the first, unless somebody types elsewhere already. */
export function QueryEditor(): null {
  const editor = useGraphiQL((state) => state.queryEditor);
  useEffect(() => {
    editor?.updateOptions({ wordWrap: "on" });
    if (document.activeElement === document.body) {
      focus(editor);
    }
  }, [editor]);
  return null;
}

/** Puts the cursor into an editor, but brings up no keyboard that nobody asked for. */
export function focus(editor: MonacoEditor | undefined): void {
  if (!isTouched()) {
    editor?.focus();
  }
}
