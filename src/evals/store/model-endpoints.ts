import { z } from "zod";
import { RowlockError } from "../../sdk/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { checkPrompt, promptTemplate } from "../request/index.ts";
import { callBounds } from "./endpoint-input.ts";
import { oneRow, referringTo } from "./rows.ts";

/** An endpoint that is one of the organization's models. */
export const modelEndpointInput = z
  .strictObject({
    name: z.string().min(1).max(200),
    modelId: z.uuid(),
    requestTemplate: promptTemplate.default({ prompt: "{{ input }}" }),
    timeoutMs: z.int().min(100).max(600_000).default(60_000).describe("Longest call, in milliseconds"),
    ...callBounds,
  })
  .meta({ id: "ModelEndpointInput" });

const columns = "name, model_id, request_template, timeout_ms, max_attempts, concurrency, rate_per_minute";

export type ModelEndpointInput = z.output<typeof modelEndpointInput>;

/** Stores an endpoint that is a model. @throws RowlockError INVALID_ARGUMENT, NOT_FOUND (the model), CONFLICT */
export async function createModelEndpoint(tx: TenantTransaction, input: ModelEndpointInput): Promise<string> {
  return await write(
    tx,
    input,
    `insert into evals.endpoints (kind, ${columns}) values ('model', $1, $2, $3, $4, $5, $6, $7) returning id`,
    [],
  );
}

/** Replaces one. Runs under way keep the one they began with. @throws as `createModelEndpoint` */
export async function replaceModelEndpoint(
  tx: TenantTransaction,
  id: string,
  input: ModelEndpointInput,
): Promise<string> {
  return await write(
    tx,
    input,
    `update evals.endpoints set (${columns}) = ($1, $2, $3, $4, $5, $6, $7)
     where id = $8 and kind = 'model' returning id`,
    [id],
  );
}

async function write(
  tx: TenantTransaction,
  input: ModelEndpointInput,
  sql: string,
  more: unknown[],
): Promise<string> {
  const { name, modelId, requestTemplate, timeoutMs, maxAttempts, concurrency, ratePerMinute } = input;
  const issues = checkPrompt(requestTemplate);
  if (issues[0] !== undefined) {
    const { path, message } = issues[0];
    throw new RowlockError("INVALID_ARGUMENT", `The endpoint cannot be used: ${path}: ${message}.`, {
      issues,
    });
  }
  const template = JSON.stringify(requestTemplate);
  const values = [name, modelId, template, timeoutMs, maxAttempts, concurrency, ratePerMinute, ...more];
  return await referringTo(modelId, () => oneRow(tx, sql, values, `An endpoint named "${name}"`));
}
