import assert from "node:assert/strict";
import { test } from "node:test";
import { freezeWorker, killWorkerOf50 } from "../worker/rescue-scenes.ts";
import { line } from "./line.ts";

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
