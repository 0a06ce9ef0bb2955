import { type Role, roleOf } from "./role";

/** A document that is worth trying. */
export interface Example {
  /** The name of its file, without number and ending. */
  name: string;
  /** The lowest role whose schema it is valid for. */
  role: Role;
  /** Whether it is meant as a preview. */
  preview: boolean;
  description: string;
  /** The name of its operation, which is that of its tab. */
  operation: string;
  query: string;
  variables: string;
}

const documents = import.meta.glob<string>("../../../examples/*.graphql", {
  query: "?raw",
  import: "default",
  eager: true,
});
const variables = import.meta.glob<string>("../../../examples/*.json", {
  query: "?raw",
  import: "default",
  eager: true,
});

export const EXAMPLES: Example[] = Object.entries(documents).map(([path, query]) => {
  const head = query.slice(0, query.search(/^[^#]/m));
  const comments = [...head.matchAll(/^# (.*)$/gm)].map((line) => line[1] ?? "");
  const said = (name: string) =>
    comments.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  return {
    name: path.replace(/^.*\/(\d+-)?/, "").replace(/\.graphql$/, ""),
    role: roleOf(said("As") ?? "") ?? "anonymous",
    preview: said("With") === "preview",
    description: comments.filter((line) => !/^(As|With): /.test(line)).join(" "),
    operation: /^(?:query|mutation) (\w+)/m.exec(query)?.[1] ?? "",
    query: query.trimEnd(),
    variables: variables[path.replace(/\.graphql$/, ".json")]?.trimEnd() ?? "",
  };
});
