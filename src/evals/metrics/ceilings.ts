import { z } from "zod";
import { RowlockError } from "../../sdk/index.ts";
import { type Subject, type Verdict, verdict } from "./verdict.ts";

export const latencyParameters = z.strictObject({
  maxMs: z.int().min(1).max(600_000).describe("Longest that the endpoint may take"),
});

export const costParameters = z.strictObject({
  max: z
    .number()
    .min(0)
    .max(1_000_000)
    .describe("Most that one answer may cost, in the currency of the models' prices"),
});

/** Passes when the endpoint answered in time. The output is not looked at. */
export function judgeLatency({ maxMs }: z.output<typeof latencyParameters>, subject: Subject): Verdict {
  const took = known(subject.durationMs, "how long the endpoint took");
  return verdict(took <= maxMs, `The endpoint took ${took} ms; ${maxMs} ms may be.`);
}

/** Passes when the answer cost no more than it may. */
export function judgeCost({ max }: z.output<typeof costParameters>, subject: Subject): Verdict {
  const cost = known(subject.cost, "what the answer cost");
  return verdict(cost <= max, `The answer cost ${cost}; ${max} may be.`);
}

/** Over what nobody knows a metric cannot judge; that is no failed test. */
function known(value: number | null, what: string): number {
  if (value !== null) return value;
  throw new RowlockError(
    "INVALID_ARGUMENT",
    `It is not known ${what}. Take the metric off this test set, or execute it again.`,
  );
}
