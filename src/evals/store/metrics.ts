import { z } from "zod";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { isByModel, metricKinds, parseMetric } from "../metrics/index.ts";
import { oneRow, referringTo } from "./rows.ts";

/** A metric as callers give it; `parameters` depend on the kind. */
export const metricInput = z
  .strictObject({
    name: z.string().min(1).max(200),
    kind: z.enum(metricKinds),
    parameters: z.record(z.string(), z.json()).default({}),
  })
  .meta({ id: "MetricInput" });

export type MetricInput = z.output<typeof metricInput>;

/**
 * Stores a metric.
 * @throws RowlockError INVALID_ARGUMENT with each fault, NOT_FOUND (the model), CONFLICT when the name is taken
 */
export async function createMetric(tx: TenantTransaction, input: MetricInput): Promise<string> {
  return await write(
    tx,
    input,
    "insert into evals.metrics (name, kind, parameters, model_id) values ($1, $2, $3, $4) returning id",
    [],
  );
}

/** Replaces a metric. Runs under way keep the one they began with. @throws as `createMetric` */
export async function replaceMetric(tx: TenantTransaction, id: string, input: MetricInput): Promise<string> {
  return await write(
    tx,
    input,
    "update evals.metrics set name = $1, kind = $2, parameters = $3, model_id = $4 where id = $5 returning id",
    [id],
  );
}

async function write(
  tx: TenantTransaction,
  { name, ...given }: MetricInput,
  sql: string,
  more: unknown[],
): Promise<string> {
  const metric = parseMetric(given);
  // In a column of its own, so that it refers to a model of this organization and of no other.
  const { modelId, ...parameters } = isByModel(metric)
    ? metric.parameters
    : { ...metric.parameters, modelId: undefined };
  const values = [name, metric.kind, JSON.stringify(parameters), modelId ?? null, ...more];
  return await referringTo(modelId, () => oneRow(tx, sql, values, `A metric named "${name}"`));
}
