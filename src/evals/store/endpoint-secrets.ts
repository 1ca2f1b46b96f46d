import { RowlockError } from "../../sdk/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { authPurpose, headerPurpose } from "../call/index.ts";
import { type Auth, carriesSecret, withoutSecret } from "../request/index.ts";
import { headerProblem } from "../safe-fetch/index.ts";
import { type KeyRing, storeSecret } from "../secrets/index.ts";
import type { EndpointInput } from "./endpoint-input.ts";

/** What a replacement may go on with: the secrets' ids, and where they may be sent. */
export type Stored = {
  id: string;
  url: string;
  auth: Auth;
  authSecretId: string | null;
  secretHeaders: Record<string, string>;
};

/** An endpoint's own columns of secrets, and its headers without them. */
export type Kept = Pick<Stored, "auth" | "authSecretId" | "secretHeaders"> & {
  headers: Record<string, string>;
};

/**
 * Stores what of an endpoint is secret. What is not given anew is kept, as long as it is sent to the same servers.
 * @param before the endpoint that is replaced
 * @throws RowlockError INVALID_ARGUMENT when one is missing, INVALID_SETTING without SECRET_KEYS
 */
export async function keepSecrets(
  tx: TenantTransaction,
  ring: KeyRing,
  id: string,
  input: EndpointInput,
  before: Stored | undefined,
): Promise<Kept> {
  const { auth, secret } = withoutSecret(input.auth);
  const place = { id, url: input.url, auth };
  const given = divideHeaders(input);
  if (auth.type === "header") refuseHeader("/auth/value", auth.name, secret ?? "");
  if (auth.type === "bearer") refuseHeader("/auth/token", "authorization", secret ?? "");

  let authSecretId: string | null = null;
  if (auth.type !== "none") {
    const kept =
      before !== undefined && authPurpose(before) === authPurpose(place) && before.auth.type === auth.type;
    authSecretId =
      secret === undefined
        ? kept
          ? before.authSecretId
          : null
        : await storeSecret(tx, ring, authPurpose(place), secret);
    if (authSecretId === null) throw missing("/auth", "its secret");
  }

  const secretHeaders: Record<string, string> = {};
  const keeps = before !== undefined && headerPurpose(before) === headerPurpose(place);
  for (const [name, value] of Object.entries(given.secret)) {
    const path = `/secretHeaders/${name}`;
    refuseHeader(path, name, value ?? "");
    const headerId =
      value === null
        ? keeps
          ? before.secretHeaders[name]
          : undefined
        : await storeSecret(tx, ring, headerPurpose(place), value);
    if (headerId === undefined) throw missing(path, "a value");
    secretHeaders[name] = headerId;
  }
  return { auth, authSecretId, secretHeaders, headers: given.plain };
}

/** Names in lower case: one name written twice would be two secrets of one header. */
function divideHeaders({ headers, secretHeaders }: EndpointInput) {
  const plain: Record<string, string> = {};
  const secret: Record<string, string | null> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (carriesSecret(name)) secret[name.toLowerCase()] = value;
    else plain[name] = value;
  }
  for (const [name, value] of Object.entries(secretHeaders)) secret[name.toLowerCase()] = value;
  return { plain, secret };
}

function refuseHeader(path: string, name: string, value: string): void {
  const problem = headerProblem(name, value);
  if (problem === null) return;
  throw new RowlockError("INVALID_ARGUMENT", `The endpoint cannot be used: ${path}: ${problem}.`, {
    issues: [{ path, message: problem }],
  });
}

function missing(path: string, what: string): RowlockError {
  const message = `${what} must be given: none is stored for this URL`;
  return new RowlockError("INVALID_ARGUMENT", `The endpoint cannot be used: ${path}: ${message}.`, {
    issues: [{ path, message }],
  });
}
