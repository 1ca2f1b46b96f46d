import { randomUUID } from "node:crypto";
import { fromDatabase, RowlockError } from "../../sdk/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import type { KeyRing } from "./key-ring.ts";

/** As many bytes of a secret are kept. */
const longest = 10_000;

/**
 * Stores a secret of the claimed organization, encrypted here. No API gives it back.
 * @param purpose what it is for, such as "model key": it can be opened for that alone
 * @returns its id, to refer to it by
 * @throws RowlockError INVALID_SETTING without SECRET_KEYS; INVALID_ARGUMENT for an empty or a very long one; NOT_ALLOWED
 */
export async function storeSecret(
  tx: TenantTransaction,
  ring: KeyRing,
  purpose: string,
  text: string,
): Promise<string> {
  if (text === "" || Buffer.byteLength(text) > longest) {
    throw new RowlockError("INVALID_ARGUMENT", `A secret must have 1 to ${longest} bytes.`, {
      issues: [{ path: "", message: `must have 1 to ${longest} bytes` }],
    });
  }
  const id = randomUUID();
  const { rows } = await tx
    .query<{ organization: string }>("select rowlock.require_role('member') as organization")
    .catch((error: unknown) => Promise.reject(fromDatabase(error)));
  const organizationId = String(rows[0]?.organization);
  const { keyName, ciphertext } = ring.seal(text, { organizationId, id, purpose });
  try {
    await tx.query("insert into evals.secrets (id, purpose, key_name, ciphertext) values ($1, $2, $3, $4)", [
      id,
      purpose,
      keyName,
      ciphertext,
    ]);
  } catch (error) {
    throw fromDatabase(error);
  }
  return id;
}

/** Removes a secret that nothing refers to any more. */
export async function removeSecret(tx: TenantTransaction, id: string): Promise<void> {
  await tx.query("delete from evals.secrets where id = $1", [id]);
}

/**
 * The text of a secret, in a task's transaction.
 * @throws RowlockError NOT_FOUND; NOT_ALLOWED outside a task; INVALID_SETTING when its key is gone
 */
export async function openSecret(
  tx: TenantTransaction,
  ring: KeyRing,
  purpose: string,
  id: string,
): Promise<string> {
  const { rows } = await tx
    .query<{ organization: string; purpose: string; key_name: string; ciphertext: Buffer }>(
      "select rowlock.claimed_organization() as organization, s.* from evals.read_secret($1) s",
      [id],
    )
    .catch((error: unknown) => Promise.reject(fromDatabase(error)));
  const [row] = rows;
  if (row === undefined || row.purpose !== purpose) {
    throw new RowlockError("NOT_FOUND", `There is no secret ${id} for this purpose in this organization.`);
  }
  const place = { organizationId: row.organization, id, purpose };
  return ring.open({ keyName: row.key_name, ciphertext: row.ciphertext }, place);
}
