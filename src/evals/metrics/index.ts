/**
 * The kinds of metrics there are, and those that judge without asking anybody: the same output gets the same verdict,
 * always. A new kind of these is a file beside them and a line in each of the two lists below.
 */
import { z } from "zod";
import { RowlockError } from "../../sdk/index.ts";
import { type ModelMetric, modelKinds, modelSchemas } from "./by-model.ts";
import { costParameters, judgeCost, judgeLatency, latencyParameters } from "./ceilings.ts";
import { containsParameters, judgeContains } from "./contains.ts";
import { exactParameters, judgeExact } from "./exact.ts";
import { jsonSchemaParameters, judgeJsonSchema } from "./json-schema.ts";
import { jsonValueParameters, judgeJsonValue } from "./json-value.ts";
import { judgeNumber, numberParameters } from "./number.ts";
import { judgeRegex, regexParameters } from "./regex.ts";
import { judgeSimilarity, similarityParameters } from "./similarity.ts";
import type { Subject, Verdict } from "./verdict.ts";

export type { ModelMetric } from "./by-model.ts";
export { type Subject, type Verdict, verdict } from "./verdict.ts";

/** A metric's kind and parameters; parameters left out take their defaults. */
export const metricSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("exact"), parameters: exactParameters.prefault({}) }),
  z.object({ kind: z.literal("contains"), parameters: containsParameters.prefault({}) }),
  z.object({ kind: z.literal("regex"), parameters: regexParameters }),
  z.object({ kind: z.literal("number"), parameters: numberParameters.prefault({}) }),
  z.object({ kind: z.literal("similarity"), parameters: similarityParameters.prefault({}) }),
  z.object({ kind: z.literal("json_schema"), parameters: jsonSchemaParameters }),
  z.object({ kind: z.literal("json_value"), parameters: jsonValueParameters }),
  z.object({ kind: z.literal("latency"), parameters: latencyParameters }),
  z.object({ kind: z.literal("cost"), parameters: costParameters }),
  ...modelSchemas,
]);

export type Metric = z.output<typeof metricSchema>;
export type MetricKind = Metric["kind"];

/** Every kind there is, in the order they are shown. */
export const metricKinds = [
  "exact",
  "contains",
  "regex",
  "number",
  "similarity",
  "json_schema",
  "json_value",
  "latency",
  "cost",
  ...modelKinds,
] as const satisfies readonly MetricKind[];

/**
 * Reads a metric from outside (a request, a row's jsonb).
 * @throws RowlockError INVALID_ARGUMENT with an issue for each thing wrong
 */
export function parseMetric(value: unknown): Metric {
  const parsed = metricSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => ({
    path: issue.path.map((part) => `/${String(part)}`).join(""),
    message: issue.message,
  }));
  const said = issues.map(({ path, message }) => `${path || "/"}: ${message}`).join("; ");
  throw new RowlockError(
    "INVALID_ARGUMENT",
    `The metric cannot be used: ${said}. Kinds are ${metricKinds.join(", ")}.`,
    {
      issues,
    },
  );
}

/** Whether a model has to be asked. */
export function isByModel<Given extends Metric>(metric: Given): metric is Given & ModelMetric {
  return modelKinds.some((kind) => kind === metric.kind);
}

/**
 * Judges one output by a metric that needs nobody.
 * @throws RowlockError INVALID_ARGUMENT when the metric cannot judge this test at all (no or unusable expected
 *   output, output too long for a pattern): an error of the evaluation, not a failed test
 */
export async function judge(metric: Exclude<Metric, ModelMetric>, subject: Subject): Promise<Verdict> {
  switch (metric.kind) {
    case "exact":
      return judgeExact(metric.parameters, subject);
    case "contains":
      return judgeContains(metric.parameters, subject);
    case "regex":
      return judgeRegex(metric.parameters, subject);
    case "number":
      return judgeNumber(metric.parameters, subject);
    case "similarity":
      return judgeSimilarity(metric.parameters, subject);
    case "json_schema":
      return judgeJsonSchema(metric.parameters, subject);
    case "json_value":
      return await judgeJsonValue(metric.parameters, subject);
    case "latency":
      return judgeLatency(metric.parameters, subject);
    case "cost":
      return judgeCost(metric.parameters, subject);
  }
}
