// What GraphiQL keeps for the next visit goes through here. It leaves out the headers of tabs, but not
// those of its history, nor passwords that stand in operations and variables.

const NAMESPACE = "graphiql:";

/** What holds several operations, as JSON. */
const LISTS = ["tabState", "queries", "favorites"].map((name) => NAMESPACE + name);

/** A text, also a block of one, behind a name of JSON or GraphQL. */
const SECRET = /(\w*(?:password|token)"?\s*:\s*)(?:"""[^]*?"""|"(?:[^"\\]|\\.)*")/gi;

export const storage: Storage = {
  getItem: (key) => localStorage.getItem(key),
  setItem: (key, value) => localStorage.setItem(key, withoutSecrets(key, value)),
  removeItem: (key) => localStorage.removeItem(key),
  key: (place) => kept()[place] ?? null,
  clear: () => {
    for (const key of kept()) {
      localStorage.removeItem(key);
    }
  },
  get length() {
    return kept().length;
  },
};

/** Whether nothing was kept yet. */
export function isFirstVisit(): boolean {
  return storage.getItem(`${NAMESPACE}tabState`) === null;
}

function kept(): string[] {
  return Object.keys(localStorage).filter((key) => key.startsWith(NAMESPACE));
}

function withoutSecrets(key: string, value: string): string {
  if (!LISTS.includes(key)) {
    return blanked(value);
  }
  return JSON.stringify(JSON.parse(value), (name, part: unknown) => {
    if (name === "headers") {
      return null;
    }
    return typeof part === "string" ? blanked(part) : part;
  });
}

function blanked(text: string): string {
  return text.replaceAll(SECRET, '$1""');
}
