import { RowlockError } from "../../sdk/index.ts";
import { judge } from "../metrics/index.ts";
import type { Judge } from "./judge.ts";

/** The metrics that need nobody. */
export const deterministicJudge: Judge = {
  asks: () => false,
  async judge(metric, subject) {
    if (metric.kind === "numeric" || metric.kind === "categorical" || metric.kind === "goal") {
      throw new RowlockError("INVALID_ARGUMENT", `A metric of kind "${metric.kind}" needs a model to judge.`);
    }
    return await judge(metric, subject);
  },
};
