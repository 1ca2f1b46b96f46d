import type { TenantTransaction } from "../../tenancy/index.ts";
import { type Credentials, openCredentials } from "../call/index.ts";
import { type Model, withKey } from "../models/index.ts";
import type { EndpointSettings } from "../request/index.ts";
import type { KeyRing } from "../secrets/index.ts";
import type { EndpointUnderTest, ModelEndpoint } from "./endpoint-under-test.ts";

/** All that a call needs, secrets opened: kept for this call and nowhere else. */
export type Call =
  | { endpoint: EndpointSettings; credentials: Credentials }
  | { endpoint: ModelEndpoint; model: Model };

/** @throws RowlockError NOT_FOUND, INVALID_SETTING or MODEL_REFUSED; the transaction goes on */
export async function openCall(
  tx: TenantTransaction,
  ring: KeyRing,
  endpoint: EndpointUnderTest,
): Promise<Call> {
  if (endpoint.kind === "http") return { endpoint, credentials: await openCredentials(tx, ring, endpoint) };
  const { model, timeoutMs } = endpoint;
  return { endpoint, model: await withKey(tx, ring, { ...model, timeoutMs }) };
}
