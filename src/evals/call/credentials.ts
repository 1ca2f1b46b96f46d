import type { TenantTransaction } from "../../tenancy/index.ts";
import type { EndpointSettings } from "../request/index.ts";
import { type KeyRing, openSecret } from "../secrets/index.ts";
import { authPurpose, headerPurpose } from "./secret-places.ts";

/** What only tasks know of an endpoint: kept for one call and nowhere else. */
export type Credentials = { auth: string | null; headers: Record<string, string> };

/**
 * The secrets of an endpoint, by the ids that a run keeps.
 * @throws RowlockError NOT_FOUND, INVALID_SETTING
 */
export async function openCredentials(
  tx: TenantTransaction,
  ring: KeyRing,
  endpoint: EndpointSettings,
): Promise<Credentials> {
  const headers: Record<string, string> = {};
  for (const [name, id] of Object.entries(endpoint.secretHeaders)) {
    headers[name] = await openSecret(tx, ring, headerPurpose(endpoint), id);
  }
  const { authSecretId: id } = endpoint;
  return { auth: id === null ? null : await openSecret(tx, ring, authPurpose(endpoint), id), headers };
}
