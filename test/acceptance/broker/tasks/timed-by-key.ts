import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { defineTask } from "../../../../src/index.ts";

/** Writes when it began and when it ended, `ms` later; at most 3 at once of a label in an organization. */
export default defineTask({
  name: "timed-by-key",
  kind: "long",
  input: z.object({ ms: z.number(), label: z.string() }),
  concurrency: { key: (payload) => payload.label, limit: 3 },
  async run({ ms, label }, { transaction, job }) {
    const { rows } = await transaction((tx) =>
      tx.query("insert into app.spans (task, label) values ($1, $2) returning id", [job.task, label]),
    );
    await sleep(ms);
    await transaction((tx) =>
      tx.query("update app.spans set ended = clock_timestamp() where id = $1", [rows[0]?.id]),
    );
  },
});
