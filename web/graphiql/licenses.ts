import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

interface Package {
  name: string;
  version: string;
  license?: string;
}

/** Collects the licences of all packages that the page and its workers are made of, as `licenses.md`. */
export function licenses(): { page: Plugin; worker: Plugin } {
  const directories = new Set<string>();
  const collect: Pick<Plugin, "name" | "moduleParsed"> = {
    name: "licenses",
    moduleParsed: ({ id }) => {
      const directory = /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/?]+)/.exec(id)?.[1];
      if (directory) {
        directories.add(directory);
      }
    },
  };
  return {
    worker: collect,
    page: {
      ...collect,
      generateBundle() {
        const titles = new Map<string, string[]>();
        for (const [title, text] of [...directories].map(entry).toSorted()) {
          titles.set(text, [...(titles.get(text) ?? []), title]);
        }
        const parts = [...titles].map(([text, those]) => `## ${those.join(", ")}\n\n${text}`);
        const source = `# Licences of what the playground is made of\n\n${parts.join("\n")}`;
        this.emitFile({ type: "asset", fileName: "licenses.md", source });
      },
    },
  };
}

function entry(directory: string): [string, string] {
  const { name, version, license } = JSON.parse(
    readFileSync(join(directory, "package.json"), "utf8"),
  ) as Package;
  const files = readdirSync(directory).filter((file) => /^(licen[cs]e|notice|thirdparty)/i.test(file));
  const texts = files.toSorted().map((file) => readFileSync(join(directory, file), "utf8").trim());
  return [`${name} ${version} (${license})`, texts.map((text) => `${text}\n`).join("\n")];
}
