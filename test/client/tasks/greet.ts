import { z } from "zod";
import { defineTask } from "../../../src/index.ts";

export default defineTask({
  name: "greet",
  input: z.object({ name: z.string().min(1) }),
  output: z.object({ greeting: z.string() }),
  run: ({ name }) => ({ greeting: `Hello ${name}` }),
});
