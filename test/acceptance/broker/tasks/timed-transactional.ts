import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { defineTask } from "../../../../src/index.ts";

/** Writes when it began and when it ended, `ms` later. */
export default defineTask({
  name: "timed-transactional",
  input: z.object({ ms: z.number(), label: z.string().default("") }),
  async run({ ms, label }, { tx, job }) {
    const { rows } = await tx.query("insert into app.spans (task, label) values ($1, $2) returning id", [
      job.task,
      label,
    ]);
    if (ms > 0) await sleep(ms);
    await tx.query("update app.spans set ended = clock_timestamp() where id = $1", [rows[0]?.id]);
  },
});
