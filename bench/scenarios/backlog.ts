import { organizations } from "../lib/bench.ts";
import { measureDrain } from "../lib/drain.ts";
import { median } from "../lib/stats.ts";
import { shortRun } from "./drains.ts";
import { type Figures, megabytes, perSecond, type Scenario } from "./scenario.ts";

const sizesOf = (quick: boolean) => (quick ? [1_000, 20_000] : [1_000, 100_000, 1_000_000]);

export const backlog: Scenario = {
  id: "backlog",
  title: "Small and large backlogs of the real job",
  note:
    "The rate with such a backlog (measured for at most 12 s, for the smallest the middle of three), and the size of " +
    "tables and indexes, or of Redis' data, with the backlog there and at the end of the measurement. Rowlock's and " +
    "pg-boss' tables keep ended jobs.",
  columns: (quick) =>
    sizesOf(quick).flatMap((size) => [
      { key: `${size}-rate`, title: `${size.toLocaleString("en")}: jobs/s`, format: perSecond, ratio: true },
      { key: `${size}-before`, title: "MB before", format: megabytes },
      { key: `${size}-after`, title: "after", format: megabytes },
    ]),
  rounds: () => 1,
  leavesOut(peer, quick) {
    if (peer.name === "Celery") return "launching a million takes it over five minutes";
    return shortRun(peer, quick);
  },
  async measure(bench, peer) {
    const figures: Figures = {};
    for (const size of sizesOf(bench.quick)) {
      const rates: number[] = [];
      for (let time = 0; time < (size === 1_000 && !bench.quick ? 3 : 1); time += 1) {
        const drained = await measureDrain(bench, peer, {
          task: "insert",
          count: size,
          organizations: organizations(20),
          maxSeconds: bench.quick ? 2 : 12,
        });
        rates.push(drained.rate);
        figures[`${size}-before`] = drained.storedBefore;
        figures[`${size}-after`] = drained.storedAfter;
      }
      figures[`${size}-rate`] = median(rates);
    }
    return figures;
  },
};
