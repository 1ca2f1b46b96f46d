import { organizations } from "../lib/bench.ts";
import { measureDrain } from "../lib/drain.ts";
import { type Figures, perSecond, type Scenario } from "./scenario.ts";

const countsOf = (quick: boolean) => (quick ? [1, 1_000] : [1, 100, 10_000]);

export const manyOrganizations: Scenario = {
  id: "organizations",
  title: "Real jobs of few and of many organizations",
  note: "The same backlog spread over more organizations. Only Rowlock knows them; to the others they are a column.",
  columns: (quick) =>
    countsOf(quick).map((count) => ({
      key: String(count),
      title: `${count.toLocaleString("en")}: jobs/s`,
      format: perSecond,
      ratio: true,
    })),
  rounds: (quick) => (quick ? 1 : 2),
  leavesOut: (peer) => (peer.name === "Rowlock" ? undefined : "does not know organizations"),
  async measure(bench, peer) {
    const figures: Figures = {};
    for (const count of countsOf(bench.quick)) {
      const { rate } = await measureDrain(bench, peer, {
        task: "insert",
        count: bench.quick ? 5_000 : 60_000,
        organizations: organizations(count),
        // Long enough for launches to know that nobody is there: few of each organization would else be handed over at once.
        ...(count > 1 ? { awayMs: 4_000 } : {}),
        maxSeconds: bench.quick ? 2 : 6,
      });
      figures[String(count)] = rate;
    }
    return figures;
  },
};
