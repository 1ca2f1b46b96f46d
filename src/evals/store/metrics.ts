import { z } from "zod";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { metricKinds, parseMetric } from "../metrics/index.ts";
import { oneRow } from "./rows.ts";

/** A metric as callers give it; `parameters` depend on the kind. */
export const metricInput = z
  .strictObject({
    name: z.string().min(1).max(200),
    kind: z.enum(metricKinds),
    parameters: z.record(z.string(), z.json()).default({}),
  })
  .meta({ id: "MetricInput" });

export type MetricInput = z.output<typeof metricInput>;

/** Stores a metric. @throws RowlockError INVALID_ARGUMENT with each fault, CONFLICT when the name is taken */
export async function createMetric(tx: TenantTransaction, input: MetricInput): Promise<string> {
  const { kind, parameters } = parseMetric({ kind: input.kind, parameters: input.parameters });
  return await oneRow(
    tx,
    "insert into evals.metrics (name, kind, parameters) values ($1, $2, $3) returning id",
    [input.name, kind, JSON.stringify(parameters)],
    `A metric named "${input.name}"`,
  );
}

/** Replaces a metric. Runs under way keep the one they began with. @throws as `createMetric`; NOT_FOUND */
export async function replaceMetric(tx: TenantTransaction, id: string, input: MetricInput): Promise<string> {
  const { kind, parameters } = parseMetric({ kind: input.kind, parameters: input.parameters });
  return await oneRow(
    tx,
    "update evals.metrics set name = $1, kind = $2, parameters = $3 where id = $4 returning id",
    [input.name, kind, JSON.stringify(parameters), id],
    `A metric named "${input.name}"`,
  );
}
