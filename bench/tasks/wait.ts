import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { defineTask } from "../../src/index.ts";
import { markStart } from "../lib/marks.ts";

/** 50 ms of waiting on the outside: a long task, which holds no connection meanwhile. */
export default defineTask({
  name: "wait",
  kind: "long",
  input: z.object({ n: z.int(), launchedAt: z.number() }),
  async run() {
    markStart();
    await sleep(50);
  },
});
