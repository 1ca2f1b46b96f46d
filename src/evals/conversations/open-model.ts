import type { TenantTransaction } from "../../tenancy/index.ts";
import { defaultModel, findModel, type Model, withKey } from "../models/index.ts";
import type { KeyRing } from "../secrets/index.ts";

/**
 * The model that is named, or else the organization's for the purpose, with its key.
 * @throws RowlockError NOT_FOUND, INVALID_SETTING, INVALID_ARGUMENT or MODEL_REFUSED
 */
export async function openModel(
  tx: TenantTransaction,
  ring: KeyRing,
  purpose: "simulated_user" | "judge",
  id: string | null | undefined,
): Promise<Model> {
  return await withKey(tx, ring, id == null ? await defaultModel(tx, purpose) : await findModel(tx, id));
}
