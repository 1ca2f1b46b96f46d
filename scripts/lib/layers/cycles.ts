import type { Edge } from "./modules.ts";

/**
 * Circles among files, each once, as `[a, b, c, a]`: the shortest one through the first file (by name) of every
 * group of files that can all reach each other. Type-only links count.
 */
export function findCycles(edges: readonly Edge[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to]);

  const cycles: string[][] = [];
  const reported = new Set<string>();
  for (const start of [...next.keys()].sort()) {
    if (reported.has(start)) continue;
    const cycle = shortestWayBack(start, next);
    if (cycle === undefined) continue;
    cycles.push(cycle);
    // Whatever lies on a circle with `start` belongs to the same knot: one report of it is enough.
    for (const file of reachable(start, next)) {
      if (reachable(file, next).has(start)) reported.add(file);
    }
  }
  return cycles;
}

function shortestWayBack(start: string, next: ReadonlyMap<string, string[]>): string[] | undefined {
  const ways: string[][] = [[start]];
  const seen = new Set<string>();
  for (const way of ways) {
    for (const file of next.get(way.at(-1) ?? start) ?? []) {
      if (file === start) return [...way, start];
      if (seen.has(file)) continue;
      seen.add(file);
      ways.push([...way, file]);
    }
  }
  return undefined;
}

function reachable(start: string, next: ReadonlyMap<string, string[]>): Set<string> {
  const seen = new Set<string>();
  const open = [start];
  for (const file of open) {
    for (const to of next.get(file) ?? []) {
      if (seen.has(to)) continue;
      seen.add(to);
      open.push(to);
    }
  }
  return seen;
}
