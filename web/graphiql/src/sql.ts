/** A piece of a statement, and whether a blank stood before it. */
export interface Token {
  kind: "keyword" | "string" | "name" | "parameter" | "other";
  text: string;
  spaced: boolean;
}

/** A line of a statement, laid out. */
export interface Line {
  indent: number;
  tokens: Token[];
}

interface Group {
  open: Token;
  items: Item[];
  close: Token | undefined;
}

type Item = Token | Group;

const WIDTH = 72;

const PATTERN =
  /(?<string>'(?:[^']|'')*')|(?<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`)|(?<parameter>\$\d+|\?\d*)|(?<word>[\p{L}_#][\p{L}\p{N}_#$]*)|(?<number>\d[\d.]*)|(?<other>[<>=!|:@-]+|[^\s])/gsu;

const KEYWORDS = new Set(
  ("ALL AND ANY ARRAY AS ASC BETWEEN BY CASE COLLATE CROSS DELETE DESC DISTINCT ELSE END EXCEPT EXISTS " +
    "FILTER FIRST FOR FROM FULL GROUP HAVING IN INNER INSERT INTERSECT INTO IS JOIN LAST LATERAL LEFT LIKE LIMIT " +
    "MATCH MATERIALIZED NOT NULL NULLS OFFSET ON OR ORDER OUTER OVER PARTITION RECURSIVE RETURNING ROWS SELECT SET " +
    "STRAIGHT_JOIN THEN TRUE FALSE UNION UPDATE USING VALUES WHEN WHERE WINDOW WITH").split(" "),
);

/** What begins a line of its own. */
const CLAUSES =
  /^(SELECT|FROM|WHERE|GROUP|HAVING|WINDOW|ORDER|LIMIT|UNION|INTERSECT|EXCEPT|VALUES|SET|RETURNING|CROSS|FULL|INNER|JOIN|LEFT|STRAIGHT_JOIN)$/;

/** What begins a line of its own, one step further in. */
const CONNECTIVES = /^(AND|OR|WHEN|ELSE)$/;

/** Whose arguments are names and values by turns. */
const OF_PAIRS = /^json(b_build)?(_build)?_object$/i;

/** Lays a statement out. Nothing but the blanks between its tokens changes. */
export function layOut(sql: string): Line[] {
  const lines: Line[] = [{ indent: 0, tokens: [] }];
  write(group(tokenise(sql)), 0, lines, undefined);
  return lines.filter((line) => line.tokens.length > 0);
}

function tokenise(sql: string): Token[] {
  let end = 0;
  return [...sql.matchAll(PATTERN)].map((match) => {
    const spaced = match.index > end;
    end = match.index + match[0].length;
    return { kind: kindOf(match.groups ?? {}, match[0]), text: match[0], spaced };
  });
}

function kindOf(found: Record<string, string | undefined>, text: string): Token["kind"] {
  if (found["word"] !== undefined) {
    return KEYWORDS.has(text.toUpperCase()) ? "keyword" : "other";
  }
  const kinds = ["string", "name", "parameter"] as const;
  return kinds.find((kind) => found[kind] !== undefined) ?? "other";
}

function group(tokens: Token[]): Item[] {
  const outermost: Item[] = [];
  const open: Group[] = [];
  for (const token of tokens) {
    const items = open.at(-1)?.items ?? outermost;
    if (token.text === "(") {
      const inner = { open: token, items: [], close: undefined };
      items.push(inner);
      open.push(inner);
    } else if (token.text === ")" && open.length > 0) {
      (open.pop() as Group).close = token;
    } else {
      items.push(token);
    }
  }
  return outermost;
}

function write(items: Item[], indent: number, lines: Line[], opener: Token | undefined): void {
  const ofPairs = OF_PAIRS.test(opener?.text ?? "");
  const listed = !items.some((item) => isToken(item) && /^(SELECT|WITH|CASE)$/.test(item.text));
  let commas = 0;
  let wide = false;
  let between = false;
  let before: Token | undefined;
  for (const [place, item] of items.entries()) {
    const word = wordOf(item);
    if (CLAUSES.test(word) && !continues(word, before)) {
      begin(lines, indent);
      wide = length(clause(items, place)) > WIDTH;
    } else if (CONNECTIVES.test(word) && !between) {
      begin(lines, indent + 1);
    }
    between = word === "BETWEEN" || (between && word !== "AND");
    if (isToken(item)) {
      put(lines, item);
      before = item;
    } else {
      writeGroup(item, lines, before);
      before = item.close;
    }
    if (before?.text === ",") {
      commas += 1;
      if (wide) {
        begin(lines, indent + 1);
      } else if (listed && opener && !(ofPairs && commas % 2 === 1)) {
        begin(lines, indent);
      }
    }
  }
}

function writeGroup(inner: Group, lines: Line[], opener: Token | undefined): void {
  const indent = lines.at(-1)?.indent ?? 0;
  const tokens = flat(inner);
  put(lines, inner.open);
  if (length(tokens) <= WIDTH && !tokens.some((token) => token.text === "SELECT")) {
    lines.at(-1)?.tokens.push(...tokens.slice(1));
    return;
  }
  begin(lines, indent + 1);
  write(inner.items, indent + 1, lines, opener);
  begin(lines, indent);
  if (inner.close) {
    put(lines, inner.close);
  }
}

/** The clause that begins there. */
function clause(items: Item[], place: number): Token[] {
  const rest = items.slice(place + 1);
  const next = rest.findIndex((item) => CLAUSES.test(wordOf(item)));
  return flatten(next === -1 ? rest : rest.slice(0, next));
}

/** `JOIN` after `LEFT` goes on with the clause that has begun. */
function continues(word: string, before: Token | undefined): boolean {
  return word === "JOIN" && /^(LEFT|CROSS|FULL|INNER|OUTER)$/.test(before?.text ?? "");
}

function begin(lines: Line[], indent: number): void {
  const last = lines.at(-1);
  if (last?.tokens.length === 0) {
    last.indent = indent;
  } else {
    lines.push({ indent, tokens: [] });
  }
}

function put(lines: Line[], token: Token): void {
  lines.at(-1)?.tokens.push(token);
}

function flat(inner: Group): Token[] {
  return [inner.open, ...flatten(inner.items), ...(inner.close ? [inner.close] : [])];
}

function flatten(items: Item[]): Token[] {
  return items.flatMap((item) => (isToken(item) ? [item] : flat(item)));
}

function wordOf(item: Item): string {
  return isToken(item) && item.kind === "keyword" ? item.text : "";
}

function length(tokens: Token[]): number {
  return tokens.reduce((sum, token) => sum + token.text.length + Number(token.spaced), 0);
}

function isToken(item: Item): item is Token {
  return "kind" in item;
}
