import type { TenantTransaction } from "../../tenancy/index.ts";
import type { KeyRing } from "./key-ring.ts";
import { openSecret } from "./store.ts";

export type Rotated = { rotated: number; next: string | null };

/** So many in one transaction. */
const atOnce = 200;

/**
 * Encrypts secrets of the claimed organization anew that another key than the first of SECRET_KEYS encrypted; a part of
 * them. In a task's transaction of an administrator or the system.
 * @param after the last id of the part before
 * @returns how many, and where to go on; null when none is left
 */
export async function rotateSecrets(
  tx: TenantTransaction,
  ring: KeyRing,
  after: string | null,
): Promise<Rotated> {
  const { rows } = await tx.query<{ organization: string; id: string; purpose: string; key_name: string }>(
    `select organization_id as organization, id, purpose, key_name from evals.secrets
     where key_name is distinct from $1 and ($2::uuid is null or id > $2) order by id limit $3`,
    [ring.first, after, atOnce],
  );
  for (const { organization, id, purpose, key_name: former } of rows) {
    const text = await openSecret(tx, ring, purpose, id);
    const { keyName, ciphertext } = ring.seal(text, { organizationId: organization, id, purpose });
    await tx.query("select evals.reencrypt_secret($1, $2, $3, $4)", [id, former, keyName, ciphertext]);
  }
  return { rotated: rows.length, next: rows.length === atOnce ? (rows.at(-1)?.id ?? null) : null };
}
