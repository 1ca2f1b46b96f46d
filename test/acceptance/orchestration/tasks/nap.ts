import { z } from "zod";
import { defineTask } from "../../../../src/index.ts";

/** Sleeps so long, and ends. */
export default defineTask({
  name: "nap",
  kind: "long",
  input: z.object({ ms: z.number() }),
  async run({ ms }, { sleep }) {
    await sleep("nap", ms);
  },
});
