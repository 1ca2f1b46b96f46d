import { existsSync, globSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, posix } from "node:path";
import { importsOf } from "./imports.ts";

/** A link from one file to another of ours; both as paths from the root, with forward slashes. */
export type Edge = { from: string; to: string; line: number; typeOnly: boolean };
/** An import that leads to no file we can look at, so that no rule could judge it. */
export type Unresolved = { from: string; specifier: string; line: number };
export type ModuleGraph = { files: string[]; edges: Edge[]; unresolved: Unresolved[] };

const sources = [
  "src/**/*.{ts,tsx,mts,cts,js,mjs}",
  "tasks/**/*.{ts,tsx,mts,cts,js,mjs}",
  "web/**/*.{ts,tsx,mts,cts,js,mjs}",
  "graphile.config.ts",
];
const skipped = ["**/node_modules/**", "**/dist/**"];

/** Reads the files under `root` that have layers, and what each imports. Packages from outside are no edges. */
export function readModules(root: string): ModuleGraph {
  const files = globSync(sources, { cwd: root, exclude: skipped })
    .map((file) => file.replaceAll("\\", "/"))
    .sort();
  const packages = packagesOf(root);
  const graph: ModuleGraph = { files, edges: [], unresolved: [] };

  for (const from of files) {
    for (const { specifier, line, typeOnly } of importsOf(from, readFileSync(join(root, from), "utf8"))) {
      if (specifier.startsWith("./") || specifier.startsWith("../")) {
        const to = posix.join(posix.dirname(from), specifier);
        if (existsSync(join(root, to))) graph.edges.push({ from, to, line, typeOnly });
        else graph.unresolved.push({ from, specifier, line });
      } else if (!packages.has(packageName(specifier))) {
        graph.unresolved.push({ from, specifier, line });
      }
    }
  }
  return graph;
}

/** What a bare import may name: Node's own modules and the dependencies. Aliases (`#x`) and our own name are not among them. */
function packagesOf(root: string): Set<string> {
  const manifest: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const names = ["dependencies", "devDependencies", "optionalDependencies"].flatMap((key) =>
    Object.keys(Object(Object(manifest)[key])),
  );
  return new Set([...names, ...builtinModules.map((name) => `node:${name}`.replace("node:node:", "node:"))]);
}

function packageName(specifier: string): string {
  if (specifier.startsWith("node:")) return specifier;
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
