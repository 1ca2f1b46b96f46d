import { z } from "zod";
import { RowlockError } from "../../sdk/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { checkEndpoint, endpointSchema } from "../request/index.ts";
import { oneRow } from "./rows.ts";

/** An endpoint as callers give it. */
export const endpointInput = z
  .strictObject({
    name: z.string().min(1).max(200),
    ...endpointSchema.shape,
    requestTemplate: endpointSchema.shape.requestTemplate.default({ input: "{{ input }}" }),
    responsePath: endpointSchema.shape.responsePath.default("output"),
    timeoutMs: z.int().min(100).max(600_000).default(30_000).describe("Longest call, in milliseconds"),
  })
  .meta({ id: "EndpointInput" });

export type EndpointInput = z.output<typeof endpointInput>;

const columns = "(name, url, method, headers, request_template, response_path, timeout_ms)";

/** Stores an endpoint. @throws RowlockError INVALID_ARGUMENT with each fault, CONFLICT when the name is taken */
export async function createEndpoint(
  tx: TenantTransaction,
  input: EndpointInput,
  allow: readonly string[],
): Promise<string> {
  refuseUnusable(input, allow);
  return await oneRow(
    tx,
    `insert into evals.endpoints ${columns} values ($1, $2, $3, $4, $5, $6, $7) returning id`,
    valuesOf(input),
    `An endpoint named "${input.name}"`,
  );
}

/** Replaces an endpoint. Runs under way keep the one they began with. @throws as `createEndpoint`; NOT_FOUND */
export async function replaceEndpoint(
  tx: TenantTransaction,
  id: string,
  input: EndpointInput,
  allow: readonly string[],
): Promise<string> {
  refuseUnusable(input, allow);
  return await oneRow(
    tx,
    `update evals.endpoints set ${columns} = ($1, $2, $3, $4, $5, $6, $7) where id = $8 and kind = 'http' returning id`,
    [...valuesOf(input), id],
    `An endpoint named "${input.name}"`,
  );
}

function refuseUnusable(
  { name: _name, timeoutMs: _timeoutMs, ...endpoint }: EndpointInput,
  allow: readonly string[],
): void {
  const issues = checkEndpoint(endpoint, allow);
  const [first] = issues;
  if (first === undefined) return;
  throw new RowlockError(
    "INVALID_ARGUMENT",
    `The endpoint cannot be used: ${first.path}: ${first.message}.`,
    { issues },
  );
}

function valuesOf(input: EndpointInput): unknown[] {
  return [
    input.name,
    input.url,
    input.method,
    JSON.stringify(input.headers),
    JSON.stringify(input.requestTemplate),
    input.responsePath,
    input.timeoutMs,
  ];
}
