import { z } from "zod";
import { defineTask } from "../../../src/index.ts";
import { leaveEffect } from "../effect.ts";

/** Writes, and fails at its first attempt. */
export default defineTask({
  name: "flaky",
  input: z.object({ key: z.string() }),
  backOff: { baseMs: 200, maxMs: 200 },
  async run({ key }, { tx, job }) {
    await leaveEffect(tx, job, key);
    if (job.attempt === 1) throw new Error("the first attempt fails");
  },
});
