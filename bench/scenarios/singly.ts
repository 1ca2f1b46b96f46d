import { organizations } from "../lib/bench.ts";
import { measureDrain } from "../lib/drain.ts";
import { measureLimits } from "../lib/limit.ts";
import { measureOwnLimit } from "../lib/own-limit.ts";
import { perSecond, type Scenario } from "./scenario.ts";

export const singly: Scenario = {
  id: "real-job-singly",
  title: "The real job, singly, and what the database allows",
  note:
    "The real job with bundles off: one transaction a job. Beside it limits on 8 connections, without a worker: " +
    '"Rowlock\'s own transaction" is the SQL of just such a job (begin, the insert under row-level security, finish, ' +
    "commit) over jobs launched before, each once, sent by pgbench in one go; nothing is dispatched, fetched, parsed or " +
    'asked back. "Bare" limits are a tenant transaction with the same insert and one update of a job\'s row, no ' +
    "functions and no checks.",
  columns: () => [{ key: "rate", title: "jobs/s", format: perSecond, ratio: true }],
  rounds: (quick) => (quick ? 1 : 3),
  leavesOut: ({ name }) =>
    name === "Rowlock" ? undefined : "runs its jobs singly in any case: see the real job",
  async measure(bench, peer) {
    const { rate } = await measureDrain(bench, peer, {
      task: "insert-singly",
      count: bench.quick ? 6_000 : 30_000,
      organizations: organizations(20),
      maxSeconds: bench.quick ? 2 : 6,
    });
    return { rate };
  },
  async measureLimits(bench) {
    const limits = { ...(await measureOwnLimit(bench)), ...(await measureLimits(bench)) };
    return Object.fromEntries(Object.entries(limits).map(([name, rate]) => [name, { rate }]));
  },
};
