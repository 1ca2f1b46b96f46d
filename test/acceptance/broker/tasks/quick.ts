import { z } from "zod";
import { defineTask } from "../../../../src/index.ts";

/** Writes that it began, and is done: small enough for bundles. */
export default defineTask({
  name: "quick",
  input: z.object({ ms: z.number().optional() }),
  async run(_, { tx }) {
    await tx.query({
      name: "quick_span",
      text: "insert into app.spans (task, label, ended) values ('quick', '', clock_timestamp())",
    });
  },
});
