import { applyEdits, findNodeAtLocation, modify, type Node, parseTree } from "jsonc-parser";

const FORMAT = { formattingOptions: { insertSpaces: true, tabSize: 2 } };

/** The bearer token in the text of the headers editor. */
export function tokenIn(text: string): string | undefined {
  const tree = parseTree(text);
  const name = tree && authorizationIn(tree);
  const value: unknown = name && findNodeAtLocation(tree, [name])?.value;
  return typeof value === "string" ? /^Bearer\s+(\S+)$/i.exec(value)?.[1] : undefined;
}

/**
 * The text of the headers editor with another token, or without one. Other headers and comments
 * stay as they are.
 *
 * @throws where the text is not a JSON object
 */
export function withToken(text: string, token: string | undefined): string {
  const blank = text.trim() === "";
  const tree = parseTree(blank ? "{}" : text);
  if (tree?.type !== "object") {
    throw new Error("The headers editor must hold a JSON object, or nothing.");
  }
  const name = authorizationIn(tree) ?? "Authorization";
  const value = token && `Bearer ${token}`;
  if (blank) {
    return value ? JSON.stringify({ [name]: value }, null, 2) : text;
  }
  const changed = applyEdits(text, modify(text, [name], value, FORMAT));
  return changed.replaceAll(/\s/g, "") === "{}" ? "" : changed;
}

/** The name of the header as it is written there: case does not count. */
function authorizationIn(tree: Node): string | undefined {
  const names = tree.children?.map((property): unknown => property.children?.[0]?.value) ?? [];
  return names.find((name): name is string => typeof name === "string" && /^authorization$/i.test(name));
}
