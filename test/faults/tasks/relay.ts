import { z } from "zod";
import { defineTask } from "../../../src/index.ts";
import { leaveEffect } from "../effect.ts";
import { childKey } from "../expectation.ts";

/** Launches another job in its own transaction. */
export default defineTask({
  name: "relay",
  input: z.object({ key: z.string() }),
  async run({ key }, { tx, job, launch }) {
    await leaveEffect(tx, job, key);
    await launch("bundled", { key: childKey(key) }, { key: childKey(key) });
  },
});
