import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { defineTask } from "../../../../src/index.ts";

/** As `child`, each in a transaction of its own. */
export default defineTask({
  name: "lone-child",
  input: z.object({ text: z.string(), ms: z.number() }),
  bundle: false,
  async run({ text, ms }, { tx }) {
    await tx.query("insert into app.notes (text) values ($1)", [text]);
    await sleep(ms);
  },
});
