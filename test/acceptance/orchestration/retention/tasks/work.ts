import { z } from "zod";
import { defineTask } from "../../../../../src/index.ts";

/** Does nothing and says so. */
export default defineTask({
  name: "work",
  input: z.object({ text: z.string() }),
  output: z.object({ length: z.int() }),
  run: ({ text }) => ({ length: text.length }),
});
