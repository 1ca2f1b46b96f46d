import { z } from "zod";
import { defineTask } from "../../../../../src/index.ts";

/** A long job that remembers what it did. */
export default defineTask({
  name: "two-steps",
  kind: "long",
  input: z.object({ text: z.string() }),
  async run({ text }, { step }) {
    await step("first", async () => text);
    await step("second", async () => text.length);
  },
});
