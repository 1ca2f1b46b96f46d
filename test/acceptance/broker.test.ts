import assert from "node:assert/strict";
import { test } from "node:test";
import { freezeWorker, killWorkerOf50 } from "../worker/rescue-scenes.ts";
import { gsm8kUnderFire } from "./broker/gsm8k-under-fire.ts";
import { readAMillion } from "./broker/reads.ts";
import { line } from "./line.ts";
import { withoutGsm8k } from "./spine/gsm8k.ts";

const kills = 20;

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
