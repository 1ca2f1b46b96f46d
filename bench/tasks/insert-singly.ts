import { z } from "zod";
import { defineTask } from "../../src/index.ts";
import { markStart } from "../lib/marks.ts";

/** The real job as `insert`, each in a transaction of its own. */
export default defineTask({
  name: "insert-singly",
  input: z.object({ n: z.int(), launchedAt: z.number() }),
  output: z.object({ n: z.int() }),
  bundle: false,
  async run({ n }, { tx }) {
    markStart();
    await tx.query({ name: "bench_insert", text: "insert into app.effects (n) values ($1)", values: [n] });
    return { n };
  },
});
