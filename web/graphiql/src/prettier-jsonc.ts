// What prettier needs to lay out JSON with comments, for variables and headers. Stands for its parser
// and printer of JavaScript, which are ten times the size of prettier itself.
import { applyEdits, format, type ParseError, parse } from "jsonc-parser";

interface Text {
  text: string;
}

export const parsers = {
  jsonc: {
    astFormat: "jsonc",
    parse: (text: string): Text => ({ text: checked(text) }),
    locStart: () => 0,
    locEnd: ({ text }: Text) => text.length,
  },
};

export const printers = {
  jsonc: {
    print: ({ node: { text } }: { node: Text }) =>
      applyEdits(text, format(text, undefined, { insertSpaces: true, tabSize: 2 })).trim(),
  },
};

function checked(text: string): string {
  const errors: ParseError[] = [];
  parse(text, errors, { allowTrailingComma: true, allowEmptyContent: true });
  if (errors.length > 0) {
    throw new SyntaxError("It is not JSON.");
  }
  return text;
}
