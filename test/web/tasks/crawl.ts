import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { defineTask } from "../../../src/index.ts";

export default defineTask({
  name: "crawl",
  description: "Goes on until it is cancelled, and tells how far it is.",
  kind: "long",
  input: z.object({ site: z.string() }),
  async run({ site }, { progress, step, signal }) {
    await step("robots", async () => ({ allowed: true, site }));
    await progress(0.4, "page 40 of 100");
    await sleep(600_000, undefined, { signal });
  },
});
