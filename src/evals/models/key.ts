import type { TenantTransaction } from "../../tenancy/index.ts";
import { type KeyRing, openSecret } from "../secrets/index.ts";
import type { Model, StoredModel } from "./model.ts";
import { ModelError } from "./model-error.ts";

/** What a model's key is stored for: it is opened for nothing else. */
export const keyPurpose = "model key";

/**
 * A model with its key of now, for one call of a task; it is kept nowhere else. A run that keeps the model as it was gets
 * the new key when the old one was replaced, but never one that was given for another place.
 * @throws ModelError (setting) when the model is gone or leads elsewhere; RowlockError INVALID_SETTING, NOT_ALLOWED
 */
export async function withKey(tx: TenantTransaction, ring: KeyRing, model: StoredModel): Promise<Model> {
  const { rows } = await tx.query<{ key_id: string | null }>(
    "select key_id from evals.models where id = $1 and provider = $2 and base_url is not distinct from $3",
    [model.id, model.provider, model.baseUrl],
  );
  if (rows[0] === undefined) {
    throw new ModelError(
      "setting",
      `The model "${model.name}" was deleted or moved to another provider or URL. Execute the test set again.`,
    );
  }
  const { key_id: id } = rows[0];
  return { ...model, key: id === null ? null : await openSecret(tx, ring, keyPurpose, id) };
}
