import { z } from "zod";
import { Discard, defineTask } from "../../../src/index.ts";
import { leaveEffect } from "../effect.ts";

/** Writes, and is failed for good: nothing of it may remain. */
export default defineTask({
  name: "doomed",
  input: z.object({ key: z.string() }),
  async run({ key }, { tx, job }) {
    await leaveEffect(tx, job, key);
    throw new Discard("failed on purpose", "DOOMED");
  },
});
