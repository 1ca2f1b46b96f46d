import { setTimeout as sleep } from "node:timers/promises";
import { organizations } from "../lib/bench.ts";
import { bulkRate, launchColumns, singleRate } from "./launches.ts";
import type { Scenario } from "./scenario.ts";

export const launchesBusy: Scenario = {
  id: "launches-busy",
  title: "Launches per second while busy",
  note:
    "As above, while one worker process, 8 at once, has a backlog of jobs that wait for 50 ms: it runs 160 of them a second " +
    "whatever is launched, so that it takes the same from each launcher. Launched are more of the same.",
  columns: () => launchColumns,
  rounds: (quick) => (quick ? 1 : 3),
  async measure(bench, peer) {
    await peer.setUp(organizations(20));
    // More than the worker gets done meanwhile.
    await peer.launchMany("wait", bench.quick ? 1_000 : 4_000);
    const workers = await peer.startWorkers(1, 8);
    try {
      await workers.started();
      await sleep(1_000);
      await peer.expectBusy?.();
      await bench.postgres.query("postgres", "checkpoint");
      const single = await singleRate(bench, peer, "wait");
      const bulk = await bulkRate(bench, peer, "wait");
      await peer.expectBusy?.();
      return { single, bulk };
    } finally {
      await workers.stop();
    }
  },
};
