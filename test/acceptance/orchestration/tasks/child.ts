import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { Discard, defineTask } from "../../../../src/index.ts";

/** Writes its text, takes its time, and fails if it is to. */
export default defineTask({
  name: "child",
  input: z.object({ text: z.string(), ms: z.number().default(0), fails: z.boolean().default(false) }),
  async run({ text, ms, fails }, { tx }) {
    await tx.query("insert into app.notes (text) values ($1)", [text]);
    if (ms > 0) await sleep(ms);
    if (fails) throw new Discard("as meant");
  },
});
