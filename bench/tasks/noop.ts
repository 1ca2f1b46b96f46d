import { z } from "zod";
import { defineTask } from "../../src/index.ts";
import { markStart } from "../lib/marks.ts";

export default defineTask({
  name: "noop",
  input: z.object({ n: z.int(), launchedAt: z.number() }),
  run: () => markStart(),
});
