import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify, SignJWT } from "jose";
import type { Pool } from "pg";
import { z } from "zod";
import { fromDatabase, isInfrastructureError, RowlockError, type Settings } from "../sdk/index.ts";
import type { Member } from "./with-tenant.ts";

type TokenSettings = Pick<Settings, "JWT_SECRET" | "JWT_JWKS_URL" | "JWT_ISSUER" | "JWT_AUDIENCE">;

/** What a token may say. Anything else in it, such as a role, is ignored: the database knows the role. */
const claims = z.object({ sub: z.uuid(), org: z.uuid() });

/** Bounds what is hashed and decoded for a stranger. */
const longestCredential = 8_192;
const clockSkewSeconds = 5;
const nextStep = "Send `Authorization: Bearer <token or API key>`.";

/** Finds out who sent a request. `header` is the value of `Authorization`, or an API key made to look like one. */
export type Authenticate = (header: string | undefined) => Promise<Member>;

/**
 * Makes the function that turns credentials into a member: a JWT of the configured issuer, or an API key (`rlk_…`),
 * which is looked up each time so that revoking works at once. Whether the membership still stands is not asked here:
 * the database checks it in every transaction.
 * @param pool of the login rowlock_api
 * @throws RowlockError (from the function) UNAUTHENTICATED, TOKEN_EXPIRED, DATABASE_UNAVAILABLE, FETCH_FAILED
 */
export function createAuthenticator({
  settings,
  pool,
}: {
  settings: TokenSettings;
  pool: Pool;
}): Authenticate {
  const verify = tokenVerifier(settings);
  return async (header) => {
    const credential = credentialOf(header);
    return credential.startsWith("rlk_") ? await findKey(pool, credential) : await verify(credential);
  };
}

/** Signs a token (HS256) for a user in an organization; for the command line, the demo and tests. */
export async function issueToken(
  settings: TokenSettings,
  who: {
    userId: string;
    organizationId: string;
    /** Seconds, or a time such as "1h". */
    expiresIn: number | string;
  },
): Promise<string> {
  if (settings.JWT_SECRET === undefined) {
    throw new RowlockError(
      "INVALID_SETTING",
      "JWT_SECRET is not set, so no token can be signed. Set 32 characters or more.",
    );
  }
  const expires = typeof who.expiresIn === "number" ? `${who.expiresIn}s` : who.expiresIn;
  return await new SignJWT({ org: who.organizationId })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(who.userId)
    .setIssuer(settings.JWT_ISSUER)
    .setAudience(settings.JWT_AUDIENCE)
    .setIssuedAt()
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(settings.JWT_SECRET));
}

function credentialOf(header: string | undefined): string {
  if (header === undefined || header.trim() === "") {
    throw new RowlockError("UNAUTHENTICATED", `The request carries no credentials. ${nextStep}`);
  }
  const text = header.trim();
  if (text.length > longestCredential) {
    throw new RowlockError(
      "UNAUTHENTICATED",
      `The credentials have ${text.length} characters; at most ${longestCredential} are read. ${nextStep}`,
    );
  }
  if (text.startsWith("rlk_")) return text;
  const [, credential] = /^bearer\s+(\S+)$/i.exec(text) ?? [];
  if (credential === undefined) {
    throw new RowlockError(
      "UNAUTHENTICATED",
      `The Authorization header is not of the form "Bearer …". ${nextStep}`,
    );
  }
  return credential;
}

async function findKey(pool: Pool, secret: string): Promise<Member> {
  const { rows } = await pool
    .query<{ organization_id: string; user_id: string; key_id: string }>({
      name: "rowlock_find_api_key",
      text: "select organization_id, user_id, key_id from rowlock_private.find_api_key($1)",
      values: [secret],
    })
    .catch((error: unknown) => {
      if (!isInfrastructureError(error)) throw fromDatabase(error);
      throw new RowlockError(
        "DATABASE_UNAVAILABLE",
        "The database cannot be reached, so the API key cannot be checked. Try again in a moment.",
        { cause: error },
      );
    });
  const [key] = rows;
  if (key === undefined) {
    throw new RowlockError("UNAUTHENTICATED", "The API key is unknown, revoked or expired. Make a new one.");
  }
  return { organizationId: key.organization_id, userId: key.user_id, apiKeyId: key.key_id };
}

/** One kind of key for an installation: the public keys if their address is set, else the secret. Never both. */
function tokenVerifier(settings: TokenSettings): (token: string) => Promise<Member> {
  const options: JWTVerifyOptions = {
    issuer: settings.JWT_ISSUER,
    audience: settings.JWT_AUDIENCE,
    requiredClaims: ["exp", "sub", "org"],
    clockTolerance: clockSkewSeconds,
  };
  let check: (token: string) => Promise<{ payload: JWTPayload }>;
  if (settings.JWT_JWKS_URL !== undefined) {
    const keys = createRemoteJWKSet(new URL(settings.JWT_JWKS_URL), { timeoutDuration: 5_000 });
    check = (token) =>
      jwtVerify(token, keys, { ...options, algorithms: ["RS256", "ES256", "EdDSA", "Ed25519"] });
  } else if (settings.JWT_SECRET !== undefined) {
    const secret = new TextEncoder().encode(settings.JWT_SECRET);
    check = (token) => jwtVerify(token, secret, { ...options, algorithms: ["HS256"] });
  } else {
    check = () =>
      Promise.reject(
        new RowlockError(
          "UNAUTHENTICATED",
          "This server takes API keys only: neither JWT_SECRET nor JWT_JWKS_URL is set.",
        ),
      );
  }
  return async (token) => {
    const { payload } = await check(token).catch((error: unknown) => {
      throw explain(error);
    });
    const known = claims.safeParse(payload);
    if (known.success) return { organizationId: known.data.org, userId: known.data.sub };
    const [issue] = known.error.issues;
    throw new RowlockError(
      "UNAUTHENTICATED",
      `The token's claim "${issue?.path.join(".")}" is not a uuid: sub names the user, org the organization.`,
    );
  };
}

/** In words that help an honest caller; nothing of the token is repeated. */
function explain(error: unknown): RowlockError {
  if (error instanceof RowlockError) return error;
  const refuse = (why: string) =>
    new RowlockError("UNAUTHENTICATED", `The token is refused: ${why}. Sign in again for a new one.`, {
      cause: error,
    });
  if (error instanceof errors.JWTExpired) {
    return new RowlockError("TOKEN_EXPIRED", "The token has expired. Sign in again for a new one.", {
      cause: error,
    });
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return refuse(
      error.reason === "missing"
        ? `its claim "${error.claim}" is missing`
        : `its claim "${error.claim}" is not the expected one`,
    );
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return refuse("its algorithm is not accepted here");
  if (error instanceof errors.JWSSignatureVerificationFailed) return refuse("its signature does not fit");
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return refuse("it is signed by a key the issuer does not list");
  }
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid)
    return refuse("it is malformed");
  if (error instanceof errors.JOSENotSupported)
    return refuse("its kind of signature or encryption is not supported");
  return new RowlockError(
    "FETCH_FAILED",
    "The issuer's public keys (JWT_JWKS_URL) cannot be fetched, so no token can be checked. Try again in a moment.",
    { cause: error },
  );
}
