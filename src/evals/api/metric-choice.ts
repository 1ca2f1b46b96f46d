import { z } from "zod";

/** Which metrics judge a run, at its execution and when it is rescored. */
export const metricChoice = z
  .array(z.uuid())
  .max(100)
  .optional()
  .describe(
    "Which metrics judge. Without: those of the test set, and if it has none all of the organization. An empty list, where every test is multi-turn: their goals alone",
  );
