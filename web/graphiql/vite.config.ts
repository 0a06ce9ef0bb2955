import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { licenses } from "./licenses.ts";

const own = (name: string) => fileURLToPath(new URL(`src/${name}`, import.meta.url));

const { page, worker } = licenses();

export default defineConfig({
  base: "/graphiql/",
  plugins: [page],
  worker: { plugins: () => [worker] },
  resolve: {
    // Large parts of which little is needed.
    alias: {
      "monaco-editor/esm/vs/editor/edcore.main.js": own("monaco.ts"),
      "prettier/parser-graphql": "prettier/plugins/graphql",
      "prettier/parser-babel": own("prettier-jsonc.ts"),
      "prettier/plugins/estree": own("prettier-jsonc.ts"),
    },
  },
  build: {
    target: "es2023",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4096,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
  server: {
    fs: { allow: ["../.."] },
    proxy: {
      "/graphql": "http://127.0.0.1:8000",
      "/graphiql/settings.json": "http://127.0.0.1:8000",
    },
  },
});
