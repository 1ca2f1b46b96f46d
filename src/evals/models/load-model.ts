import { RowlockError } from "../../sdk/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { modelSchema, type Purpose, type StoredModel } from "./model.ts";

/** @throws RowlockError NOT_FOUND; INVALID_ARGUMENT when SQL wrote what cannot be used */
export async function findModel(tx: TenantTransaction, id: string): Promise<StoredModel> {
  const { rows } = await tx.query<{ settings: unknown }>(
    "select evals.model_settings(m) as settings from evals.models m where m.id = $1",
    [id],
  );
  if (rows[0] === undefined) {
    throw new RowlockError("NOT_FOUND", `There is no model ${id} in this organization.`);
  }
  return read(rows[0].settings);
}

/** The organization's model for a purpose. @throws RowlockError NOT_FOUND when it has none */
export async function defaultModel(
  tx: TenantTransaction,
  purpose: Exclude<Purpose, "endpoint">,
): Promise<StoredModel> {
  const { rows } = await tx.query<{ settings: unknown }>(
    `select evals.model_settings(m) as settings from evals.model_defaults d
     join evals.models m on m.organization_id = d.organization_id and m.id = d.model_id where d.purpose = $1`,
    [purpose],
  );
  if (rows[0] === undefined) {
    throw new RowlockError(
      "NOT_FOUND",
      `The organization has no default model for "${purpose}". Name one, or set it: PUT /api/model-defaults/${purpose}.`,
    );
  }
  return read(rows[0].settings);
}

function read(settings: unknown): StoredModel {
  const parsed = modelSchema.safeParse(settings);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RowlockError(
    "INVALID_ARGUMENT",
    `The model cannot be used: /${issue?.path.join("/")} ${issue?.message}. Replace it.`,
  );
}
