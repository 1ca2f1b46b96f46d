import assert from "node:assert/strict";
import { test } from "node:test";
import { freezeWorker, killWorkerOf50 } from "../worker/rescue-scenes.ts";
import { gsm8kUnderFire } from "./broker/gsm8k-under-fire.ts";
import { heldPhases, holdTransactions } from "./broker/held-transaction.ts";
import { handsInUse, limits } from "./broker/limits.ts";
import { readAMillion } from "./broker/reads.ts";
import { shares } from "./broker/shares.ts";
import {
  largeBacklogs,
  launchesBesideGraphileWorker,
  realJobBesidePeers,
  starvationBesidePeers,
} from "./broker/speed.ts";
import { underFaults } from "./broker/under-faults.ts";
import { line } from "./line.ts";
import { withoutGsm8k } from "./spine/gsm8k.ts";

const kills = 20;

test(
  ...line(
    1,
    "the real job beside the peers, and singly beside its limit",
    { long: true },
    realJobBesidePeers,
  ),
);

test(...line(2, "latency, and launches while busy", { long: true }, launchesBesideGraphileWorker));

test(...line(3, "a backlog of a million; ten thousand organizations", { long: true }, largeBacklogs));

test(...line(4, "starvation, beside the peers", { long: true }, starvationBesidePeers));

test(...line(4, "shares by weight; one alone gets all", { long: true }, shares));

test(
  ...line(
    5,
    "50 running jobs of a killed worker run elsewhere; a frozen one writes nothing",
    { long: true },
    async () => {
      const seconds: number[] = [];
      for (let kill = 0; kill < kills; kill += 1) seconds.push(await killWorkerOf50());
      seconds.sort((a, b) => a - b);
      const median = ((seconds[kills / 2 - 1] ?? Number.NaN) + (seconds[kills / 2] ?? Number.NaN)) / 2;
      assert.ok(median <= 3, `median of ${kills}: ${median} s`);
      const written = await freezeWorker(30_000);
      assert.deepEqual(written, ["once"]);
      return `killed ${kills} times: median ${median.toFixed(2)} s, longest ${seconds.at(-1)?.toFixed(2)} s; frozen for 30 s: ${written.length} effect`;
    },
  ),
);

test(...line(7, "caps and rates under 8 workers", { long: true }, limits));

test(
  ...line(7, "no hand is idle for what another worker fetched ahead", { long: true }, async () => {
    const share = await handsInUse();
    const text = `${(share * 100).toFixed(0)} % of all hands in use while jobs wait`;
    assert.ok(share >= 0.85, text);
    return text;
  }),
);

test(
  ...line(6, "200 faults: zero lost, zero doubled, zero stuck", { long: true }, async () => {
    const { seed, faults, jobs, longestRecoveryMs } = await underFaults();
    assert.ok(faults >= 200 && jobs >= 10_000, `only ${faults} faults and ${jobs} jobs`);
    return `${faults} faults, ${jobs} jobs, none lost, doubled or stuck; longest recovery ${(longestRecoveryMs / 1000).toFixed(1)} s (seed ${seed})`;
  }),
);

test(
  ...line(8, "800 jobs a second beside old snapshots and after faults", { long: true }, async () => {
    const { phases, back, afterwards, walPerJob, refused } = await holdTransactions();
    const figures = [
      ...phases.map(
        ({ name, offered, ended, worst, dispatchP50, dispatchP99, waitP50, waitP99 }) =>
          `${name}: ${ended.toFixed(0)} of ${offered.toFixed(0)}/s, worst 5 s ${(worst * 100).toFixed(0)} %, dispatch p50 ${dispatchP50.toFixed(1)} p99 ${dispatchP99.toFixed(1)} ms, launch to start p50 ${waitP50.toFixed(0)} p99 ${waitP99.toFixed(0)} ms`,
      ),
      ...Object.entries(back).map(
        ([name, seconds]) => `back ${seconds.toFixed(0)} s after ${name}: ${afterwards[name]?.join(" ")}`,
      ),
      `WAL ${walPerJob.toFixed(0)} bytes a job`,
      `${refused} launches refused while the server was away`,
    ].join("\n");
    for (const { name, offered, worst, dispatchP99 } of phases) {
      if (name !== "calm" && !heldPhases.includes(name)) continue;
      assert.ok(offered >= 0.98 * 800, `${name}: less was offered than meant\n${figures}`);
      assert.ok(worst >= 0.95, `${name}: the rate falls below 95 %\n${figures}`);
      assert.ok(dispatchP99 < 20, `${name}: dispatch is slow\n${figures}`);
    }
    for (const [name, seconds] of Object.entries(back)) {
      assert.ok(
        seconds <= (heldPhases.includes(name) ? 30 : 10),
        `not back in time after ${name}\n${figures}`,
      );
    }
    assert.ok(walPerJob <= 3_072, figures);
    return figures;
  }),
);

test(
  ...line(9, "a tenant with 400,000 of 1,000,000 jobs reads them", { long: true }, async () => {
    const { sql, graphql, fillSeconds } = await readAMillion();
    const words = (figures: Record<string, number>) =>
      Object.entries(figures)
        .map(([what, ms]) => `${what} ${ms.toFixed(1)}`)
        .join(", ");
    const figures = `p95 in ms, SQL: ${words(sql)}; GraphQL: ${words(graphql)}; filled in ${fillSeconds.toFixed(0)} s`;
    for (const [what, ms] of Object.entries(sql)) {
      assert.ok(ms < (what === "count by state" ? 60 : 10), `${what} takes too long; ${figures}`);
    }
    for (const [what, ms] of Object.entries(graphql)) {
      assert.ok(ms < (what === "count by state" ? 60 : 30), `${what} takes too long; ${figures}`);
    }
    return figures;
  }),
);

test(
  ...line(10, "GSM8K with a worker killed every 2 seconds", { long: true }, async (context) => {
    if (withoutGsm8k !== false) {
      context.skip(withoutGsm8k);
      return "not measured";
    }
    const { results, passed, disagreements, kills, asked, askedAfterStored, seconds } =
      await gsm8kUnderFire();
    assert.deepEqual({ results, passed, disagreements }, { results: 1_319, passed: 286, disagreements: 0 });
    assert.ok(kills >= 3, `only ${kills} workers were killed`);
    assert.equal(askedAfterStored, 0);
    return `${passed} of ${results} passed, ${kills} workers killed in ${seconds.toFixed(0)} s, ${asked} questions asked, ${askedAfterStored} of them after their answer was stored`;
  }),
);
