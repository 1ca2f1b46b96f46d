import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { defineTask } from "../../src/index.ts";
import { markStart } from "../lib/marks.ts";

/** 5 ms, then the insert by which its end is seen. */
export default defineTask({
  name: "slow",
  input: z.object({ n: z.int(), launchedAt: z.number() }),
  async run({ n }, { tx }) {
    markStart();
    await sleep(5);
    await tx.query({ name: "bench_insert", text: "insert into app.effects (n) values ($1)", values: [n] });
  },
});
