import { z } from "zod";
import { RowlockError, type Settings } from "../../sdk/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { defaultPurposes, keyPurpose, modelParameters, price, providers } from "../models/index.ts";
import { parseAllowList, readTarget } from "../safe-fetch/index.ts";
import { type KeyRing, readKeyRing, storeSecret } from "../secrets/index.ts";
import { oneRow, referringTo } from "./rows.ts";

/** A model as callers give it. */
export const modelInput = z
  .strictObject({
    name: z.string().min(1).max(200),
    provider: z.enum(providers),
    model: z.string().min(1).max(200).describe("The provider's id of it"),
    baseUrl: z
      .string()
      .max(2_000)
      .nullable()
      .default(null)
      .describe("Instead of the provider's own; openai-compatible needs one"),
    key: z
      .string()
      .min(1)
      .max(10_000)
      .regex(/^[\x21-\x7e]+$/, "a key has letters, digits and signs, without blanks")
      .nullable()
      .optional()
      .describe("Stored encrypted, never given back. Left out of a replacement it stays; null removes it"),
    parameters: modelParameters.default({}),
    inputPrice: price.nullable().default(null),
    outputPrice: price.nullable().default(null),
    timeoutMs: z.int().min(100).max(600_000).default(60_000).describe("Longest call, in milliseconds"),
  })
  .meta({ id: "ModelInput" });

export type ModelInput = z.output<typeof modelInput>;

export const modelPurpose = z.enum(defaultPurposes).meta({ id: "ModelPurpose" });
export const modelDefaultInput = z.strictObject({ modelId: z.uuid() }).meta({ id: "ModelDefaultInput" });

export type ModelSettings = Pick<Settings, "ALLOW_INTERNAL_ADDRESSES"> &
  Partial<Pick<Settings, "SECRET_KEYS">>;

/** What storing a model takes of the settings. */
export type ModelSetup = { allow: readonly string[]; ring: KeyRing };

export function modelSetup({ ALLOW_INTERNAL_ADDRESSES, SECRET_KEYS }: ModelSettings): ModelSetup {
  return { allow: ALLOW_INTERNAL_ADDRESSES, ring: readKeyRing(SECRET_KEYS) };
}

const columns = "name, provider, model, base_url, parameters, input_price, output_price, timeout_ms";

/** Stores a model. @throws RowlockError INVALID_ARGUMENT with each fault, CONFLICT when the name is taken */
export async function createModel(
  tx: TenantTransaction,
  input: ModelInput,
  { allow, ring }: ModelSetup,
): Promise<string> {
  refuseUnusable(input, allow);
  const keyId = await storeKey(tx, ring, input);
  return await oneRow(
    tx,
    `insert into evals.models (${columns}, key_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id`,
    [...valuesOf(input), keyId],
    `A model named "${input.name}"`,
  );
}

/** Replaces a model. Runs under way keep the one they began with. @throws as `createModel`; NOT_FOUND */
export async function replaceModel(
  tx: TenantTransaction,
  id: string,
  input: ModelInput,
  { allow, ring }: ModelSetup,
): Promise<string> {
  refuseUnusable(input, allow);
  const keyId = await storeKey(tx, ring, input);
  // A key goes to the place that it was given for and to no other: whoever moves the model says it again.
  return await oneRow(
    tx,
    `update evals.models set
       key_id = case when $10 and provider = $2 and base_url is not distinct from $4 then key_id else $9 end,
       (${columns}) = ($1, $2, $3, $4, $5, $6, $7, $8)
     where id = $11 returning id`,
    [...valuesOf(input), keyId, input.key === undefined, id],
    `A model named "${input.name}"`,
  );
}

/** Sets the model for a purpose. @throws RowlockError NOT_FOUND, NOT_ALLOWED */
export async function setModelDefault(
  tx: TenantTransaction,
  purpose: z.output<typeof modelPurpose>,
  modelId: string,
): Promise<string> {
  return await referringTo(modelId, () =>
    oneRow(
      tx,
      `insert into evals.model_defaults (purpose, model_id) values ($1, $2)
       on conflict (organization_id, purpose) do update set model_id = excluded.model_id returning model_id as id`,
      [purpose, modelId],
      "A default",
    ),
  );
}

async function storeKey(tx: TenantTransaction, ring: KeyRing, { key }: ModelInput): Promise<string | null> {
  return key === undefined || key === null ? null : await storeSecret(tx, ring, keyPurpose, key);
}

function refuseUnusable({ provider, baseUrl }: ModelInput, allow: readonly string[]): void {
  const refuse = (message: string) => {
    throw new RowlockError("INVALID_ARGUMENT", `The model cannot be used: /baseUrl: ${message}`, {
      issues: [{ path: "/baseUrl", message }],
    });
  };
  if (baseUrl === null) {
    if (provider === "openai-compatible")
      refuse("say where its server is, such as https://models.example/v1.");
    return;
  }
  try {
    readTarget(baseUrl, parseAllowList(allow));
  } catch (error) {
    if (!(error instanceof RowlockError) || error.code === "INVALID_SETTING") throw error;
    refuse(error.message);
  }
}

function valuesOf(input: ModelInput): unknown[] {
  return [
    input.name,
    input.provider,
    input.model,
    input.baseUrl,
    JSON.stringify(input.parameters),
    input.inputPrice,
    input.outputPrice,
    input.timeoutMs,
  ];
}
