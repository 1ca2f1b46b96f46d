import { z } from "zod";
import { Discard, defineTask } from "../../../../../src/index.ts";

/** Fails once, or for good. */
export default defineTask({
  name: "shaky",
  input: z.object({ text: z.string(), hopeless: z.boolean() }),
  backOff: { baseMs: 500 },
  run({ hopeless }, { job }) {
    if (hopeless) throw new Discard("as meant");
    if (job.attempt === 1) throw new Error("once");
  },
});
