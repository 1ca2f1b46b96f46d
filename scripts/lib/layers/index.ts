import { findCycles } from "./cycles.ts";
import { type Edge, readModules } from "./modules.ts";
import { isFace, layerOf, layers, neverImported } from "./rules.ts";

/** One broken rule: where (`file:line` from the root), which, and what to do about it. */
export type Violation = { rule: string; file: string; line: number; message: string };
export type LayersReport = { modules: number; imports: number; violations: Violation[] };

/**
 * Checks the import direction of every file under `src`, `tasks` and `web` of `root` against `rules.ts`.
 * @param atLeast number of modules below which the check has not looked at the repository at all, and fails
 */
export function checkLayers(root: string, { atLeast }: { atLeast: number }): LayersReport {
  const { files, edges, unresolved } = readModules(root);
  const violations = [
    ...files.flatMap(judgeFile),
    ...unresolved.map(({ from, specifier, line }) => ({
      rule: "resolvable",
      file: from,
      line,
      message: `"${specifier}" leads to no file and no dependency; import by a relative path with its ending, or add the package.`,
    })),
    ...edges.flatMap((edge) => judgeEdge(edge) ?? []),
    ...findCycles(edges).map((cycle) => ({
      rule: "no-cycle",
      file: cycle[0] ?? "",
      line: edges.find(({ from, to }) => from === cycle[0] && to === cycle[1])?.line ?? 1,
      message: `files import each other in a circle: ${cycle.join(" → ")}. Move what they share into a file of its own.`,
    })),
  ];
  if (files.length < atLeast) {
    violations.push({
      rule: "saw-modules",
      file: ".",
      line: 0,
      message: `saw ${files.length} modules, expected ${atLeast} or more: a check that examined nothing proves nothing.`,
    });
  }
  return { modules: files.length, imports: edges.length, violations };
}

function judgeFile(file: string): Violation[] {
  const name = layerOf(file);
  if (layers.some((layer) => layer.name === name)) return [];
  const message = `"${name}" is no known layer. Say in scripts/lib/layers/rules.ts what it may import, and why.`;
  return [{ rule: "known-layer", file, line: 1, message }];
}

function judgeEdge({ from, to, line }: Edge): Violation | undefined {
  const breach = (rule: string, message: string) => ({ rule, file: from, line, message });
  const layer = layers.find(({ name }) => name === layerOf(from));
  if (layer === undefined) return undefined; // Already reported by its file.
  const target = layerOf(to);
  if (target === layer.name) return undefined;
  if (target === undefined) {
    if (to === "package.json") return undefined;
    return breach("inside", `${layer.name} imports ${to}, which is no part of the product.`);
  }
  const never = neverImported[target];
  if (never !== undefined) return breach("never-imported", `imports ${to}: ${never}.`);
  if (!layer.may.includes(target)) {
    const list = layer.may.join(", ") || "nothing of ours";
    return breach("direction", `${layer.name} imports ${to}, but may import ${list}: ${layer.why}.`);
  }
  if (!isFace(to, target)) {
    const message = `${layer.name} reaches into ${to}; import src/${target}/index.ts, the face of ${target}.`;
    return breach("face", message);
  }
  return undefined;
}
