import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { defineTask } from "../../../src/index.ts";
import { leaveEffectOnce } from "../effect.ts";

/** A long job: waits on the outside, then writes in a fenced transaction. */
export default defineTask({
  name: "outside",
  kind: "long",
  input: z.object({ key: z.string() }),
  async run({ key }, { transaction, job, signal }) {
    await sleep(100 + Math.random() * 200, undefined, { signal });
    await transaction((tx) => leaveEffectOnce(tx, job, key));
  },
});
