import type { Peer } from "../peers/index.ts";
import type { Column, Figures, Scenario } from "../scenarios/index.ts";
import type { Bench } from "./bench.ts";
import type { Result, Row } from "./results.ts";

/** Measures every peer once a round, in turns: what else the machine does meets all alike. */
export async function runScenario(
  bench: Bench,
  scenario: Scenario,
  { peers, fair, rounds }: { peers: readonly Peer[]; fair: readonly Peer[]; rounds: number | undefined },
): Promise<Result> {
  const columns = scenario.columns(bench.quick);
  const all = scenario.fair ? [...peers, ...fair] : peers;
  const reasonOf = (peer: Peer) => scenario.leavesOut?.(peer, bench.quick);
  const taking = all.filter((peer) => reasonOf(peer) === undefined);
  const rows = new Map<string, Row>(taking.map(({ name }) => [name, { name, rounds: [] }]));
  const absent = all.flatMap((peer) => {
    const reason = reasonOf(peer);
    return reason === undefined ? [] : [{ name: peer.name, reason }];
  });
  const add = (name: string, figures: Figures) => {
    const row = rows.get(name) ?? { name, rounds: [] };
    rows.set(name, row);
    row.rounds.push(figures);
    console.log(`  ${name}: ${describe(columns, figures)}`);
  };

  for (let round = 0; round < (rounds ?? scenario.rounds(bench.quick)); round += 1) {
    console.log(`${scenario.title}, round ${round + 1}`);
    // Another one first each round: what comes first and last differs a little.
    const first = round % Math.max(1, taking.length);
    const turn = [...taking.slice(first), ...taking.slice(0, first)];
    for (const peer of turn) {
      try {
        add(peer.name, await scenario.measure(bench, peer));
      } catch (error) {
        // One peer that fails must not cost the others' figures; it is said.
        const reason = (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");
        console.error(`  ${peer.name} failed: ${reason}`);
        absent.push({ name: peer.name, reason: `failed in round ${round + 1}: ${reason}` });
      } finally {
        await peer.close();
      }
    }
    for (const [name, figures] of Object.entries((await scenario.measureLimits?.(bench)) ?? {}))
      add(name, figures);
  }
  return { scenario, columns, rows: [...rows.values()].filter(({ rounds }) => rounds.length > 0), absent };
}

function describe(columns: readonly Column[], figures: Figures): string {
  return columns
    .flatMap(({ key, title, format }) => {
      const value = figures[key];
      return value === undefined ? [] : [`${title} ${Number.isFinite(value) ? format(value) : "∞"}`];
    })
    .join(", ");
}
