import { z } from "zod";
import { defineTask } from "../../../src/index.ts";

export default defineTask({
  name: "report",
  description: "Writes a report of an account for a month.",
  input: z.object({
    account: z.string().min(1),
    pages: z.int().min(1).max(500),
    apiKey: z.string().optional(),
  }),
  output: z.object({ written: z.int() }),
  run: ({ pages }) => ({ written: pages }),
});
