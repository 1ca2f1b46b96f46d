import { z } from "zod";
import { RowlockError, type Settings } from "../../sdk/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { checkEndpoint, endpointSettings } from "../request/index.ts";
import { parseAllowList, readTarget } from "../safe-fetch/index.ts";
import { readKeyRing } from "../secrets/index.ts";
import type { EndpointInput } from "./endpoint-input.ts";
import { type Kept, keepSecrets, type Stored } from "./endpoint-secrets.ts";
import { oneRow } from "./rows.ts";
import { iso } from "./runs.ts";

export type EndpointStoreSettings = Pick<Settings, "ALLOW_INTERNAL_ADDRESSES" | "SECRET_KEYS">;

const columns = `(name, url, method, headers, request_template, response_path, timeout_ms, response_mapping, auth,
  auth_secret_id, secret_headers, max_attempts, concurrency, rate_per_minute, id)`;
const parameters = "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";

/**
 * Stores an endpoint; what of it is secret is encrypted and never shown again.
 * @throws RowlockError INVALID_ARGUMENT with each fault, CONFLICT when the name is taken, INVALID_SETTING for a secret
 *   without SECRET_KEYS
 */
export async function createEndpoint(
  tx: TenantTransaction,
  input: EndpointInput,
  settings: EndpointStoreSettings,
): Promise<string> {
  refuseUnusable(input, settings.ALLOW_INTERNAL_ADDRESSES);
  const { rows } = await tx.query<{ id: string }>("select rowlock.uuid7() as id");
  const id = String(rows[0]?.id);
  const kept = await keepSecrets(tx, readKeyRing(settings.SECRET_KEYS), id, input, undefined);
  return await oneRow(
    tx,
    `insert into evals.endpoints ${columns} values ${parameters} returning id`,
    [...valuesOf(input, kept), id],
    `An endpoint named "${input.name}"`,
  );
}

/** Replaces an endpoint. Runs under way keep the one they began with. @throws as `createEndpoint`; NOT_FOUND */
export async function replaceEndpoint(
  tx: TenantTransaction,
  id: string,
  input: EndpointInput,
  settings: EndpointStoreSettings,
): Promise<string> {
  refuseUnusable(input, settings.ALLOW_INTERNAL_ADDRESSES);
  const before = await findStored(tx, id);
  const nothing = { auth: { type: "none" }, authSecretId: null, secretHeaders: {}, headers: {} } as const;
  const kept =
    before === undefined
      ? nothing // there is no such row, and the update says so
      : await keepSecrets(tx, readKeyRing(settings.SECRET_KEYS), id, input, before);
  return await oneRow(
    tx,
    `update evals.endpoints set ${columns} = ${parameters} where id = $15 and kind = 'http' returning id`,
    [...valuesOf(input, kept), id],
    `An endpoint named "${input.name}"`,
  );
}

/** Undefined as well for one that whoever asks may only read. */
async function findStored(tx: TenantTransaction, id: string): Promise<Stored | undefined> {
  const { rows } = await tx.query<{ settings: unknown }>(
    "select evals.endpoint_settings(e) as settings from evals.endpoints e where e.id = $1 and e.kind = 'http' for no key update",
    [id],
  );
  return rows[0] === undefined ? undefined : endpointSettings.parse(rows[0].settings);
}

function refuseUnusable(input: EndpointInput, allow: readonly string[]): void {
  const issues = checkEndpoint(input, allow);
  if (input.auth.type === "oauth") {
    try {
      readTarget(input.auth.tokenUrl, parseAllowList(allow));
    } catch (error) {
      if (!(error instanceof RowlockError) || error.code === "INVALID_SETTING") throw error;
      issues.push({ path: "/auth/tokenUrl", message: error.message });
    }
  }
  const [first] = issues;
  if (first === undefined) return;
  throw new RowlockError(
    "INVALID_ARGUMENT",
    `The endpoint cannot be used: ${first.path}: ${first.message}.`,
    { issues },
  );
}

function valuesOf(input: EndpointInput, kept: Kept): unknown[] {
  return [
    input.name,
    input.url,
    input.method,
    JSON.stringify(kept.headers),
    JSON.stringify(input.requestTemplate),
    input.responsePath,
    input.timeoutMs,
    JSON.stringify(input.responseMapping),
    JSON.stringify(kept.auth),
    kept.authSecretId,
    JSON.stringify(kept.secretHeaders),
    input.maxAttempts,
    input.concurrency,
    input.ratePerMinute,
  ];
}

const secretName = z.object({ name: z.string(), setAt: z.iso.datetime() });

/** An endpoint as it is shown: of its secrets which there are, and since when. */
export const shownEndpoint = z
  .object({
    id: z.uuid(),
    name: z.string(),
    kind: z.enum(["http", "model"]),
    url: z.string().nullable().describe("null: a model"),
    modelId: z.uuid().nullable(),
    method: z.string(),
    headers: z.record(z.string(), z.string()),
    requestTemplate: z.unknown(),
    responsePath: z.string(),
    responseMapping: z.record(z.string(), z.string()),
    auth: z.record(z.string(), z.unknown()),
    secrets: z.array(secretName).describe('"auth", or the name of a header'),
    timeoutMs: z.int(),
    maxAttempts: z.int(),
    concurrency: z.int().nullable(),
    ratePerMinute: z.int().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: "Endpoint" });

/** @throws RowlockError NOT_FOUND */
export async function findEndpoint(
  tx: TenantTransaction,
  id: string,
): Promise<z.output<typeof shownEndpoint>> {
  const { rows } = await tx.query<{ shown: object }>(
    `select evals.endpoint_settings(e) || jsonb_build_object('secrets', evals.endpoints_secrets(e),
       'createdAt', ${iso("e.created_at")}) as shown
     from evals.endpoints e where e.id = $1`,
    [id],
  );
  if (rows[0] !== undefined) return shownEndpoint.parse(rows[0].shown);
  throw new RowlockError("NOT_FOUND", `There is no endpoint ${id} in this organization.`);
}
