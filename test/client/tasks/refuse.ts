import { z } from "zod";
import { Discard, defineTask } from "../../../src/index.ts";

export default defineTask({
  name: "refuse",
  input: z.object({}),
  run() {
    throw new Discard("there is nothing to do");
  },
});
