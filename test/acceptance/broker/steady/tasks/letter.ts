import { z } from "zod";
import { defineTask } from "../../../../../src/index.ts";

/** A job of 1 KB that writes nothing but its result: what is measured is Rowlock's own. */
export default defineTask({
  name: "letter",
  input: z.object({ text: z.string() }),
  output: z.object({ length: z.int() }),
  run: async ({ text }) => ({ length: text.length }),
});
