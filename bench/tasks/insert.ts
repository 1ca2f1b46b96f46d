import { z } from "zod";
import { defineTask } from "../../src/index.ts";
import { markStart } from "../lib/marks.ts";

/** The real job: one insert under row-level security and a stored result. */
export default defineTask({
  name: "insert",
  input: z.object({ n: z.int(), launchedAt: z.number() }),
  output: z.object({ n: z.int() }),
  async run({ n }, { tx }) {
    markStart();
    await tx.query({ name: "bench_insert", text: "insert into app.effects (n) values ($1)", values: [n] });
    return { n };
  },
});
