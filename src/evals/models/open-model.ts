import type { TenantTransaction } from "../../tenancy/index.ts";
import type { KeyRing } from "../secrets/index.ts";
import { withKey } from "./key.ts";
import { defaultModel, findModel } from "./load-model.ts";
import type { Model, Purpose } from "./model.ts";

/**
 * The model that is named, or else the organization's for the purpose, with its key.
 * @throws RowlockError NOT_FOUND, INVALID_SETTING, INVALID_ARGUMENT or MODEL_REFUSED
 */
export async function openModel(
  tx: TenantTransaction,
  ring: KeyRing,
  purpose: Exclude<Purpose, "endpoint">,
  id: string | null | undefined,
): Promise<Model> {
  return await withKey(tx, ring, id == null ? await defaultModel(tx, purpose) : await findModel(tx, id));
}
