import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { defineTask } from "../../../src/index.ts";
import { leaveEffect } from "../effect.ts";

/** Never bundled, and in the middle of its transaction for a while. */
export default defineTask({
  name: "single",
  bundle: false,
  input: z.object({ key: z.string() }),
  async run({ key }, { tx, job }) {
    await leaveEffect(tx, job, key);
    await sleep(15);
  },
});
