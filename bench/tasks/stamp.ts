import { z } from "zod";
import { defineTask } from "../../src/index.ts";
import { markLatency, markStart } from "../lib/marks.ts";

/** Notes how long it took from the launch to here. */
export default defineTask({
  name: "stamp",
  input: z.object({ n: z.int(), launchedAt: z.number() }),
  run(payload) {
    markStart();
    markLatency(payload);
  },
});
