import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify, SignJWT } from "jose";
import { RowlockError, type Settings } from "../sdk/index.ts";

/** By what tokens are signed and checked. */
export type KeySettings = Pick<Settings, "JWT_SECRET" | "JWT_JWKS_URL" | "JWT_ISSUER">;

/** Bounds what is hashed and decoded for a stranger. */
const longestCredential = 8_192;
const clockSkewSeconds = 5;
const nextStep = "Send `Authorization: Bearer <token or API key>`.";

/**
 * What an Authorization header carries: a token, or an API key (`rlk_…`).
 * @throws RowlockError UNAUTHENTICATED when there is nothing, or nothing of the form
 */
export function credentialOf(header: string | undefined): string {
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

/**
 * Makes the function that checks a token and gives its payload. One kind of key for an installation: the public keys if
 * their address is set, else the secret. Never both.
 * @param audience who the token must be for
 * @param requiredClaims beside the expiry
 * @throws RowlockError (from the function) UNAUTHENTICATED, TOKEN_EXPIRED, FETCH_FAILED
 */
export function tokenVerifier(
  settings: KeySettings,
  audience: string,
  requiredClaims: readonly string[],
): (token: string) => Promise<JWTPayload> {
  const options: JWTVerifyOptions = {
    issuer: settings.JWT_ISSUER,
    audience,
    requiredClaims: ["exp", ...requiredClaims],
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
          "This server takes no tokens: neither JWT_SECRET nor JWT_JWKS_URL is set.",
        ),
      );
  }
  return async (token) => {
    const { payload } = await check(token).catch((error: unknown) => {
      throw explain(error);
    });
    return payload;
  };
}

/**
 * Signs a token (HS256) with the installation's secret.
 * @throws RowlockError INVALID_SETTING when there is none
 */
export async function signToken(
  settings: KeySettings,
  token: {
    audience: string;
    subject: string;
    claims?: JWTPayload;
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
  const { expiresIn } = token;
  return await new SignJWT(token.claims ?? {})
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(token.subject)
    .setIssuer(settings.JWT_ISSUER)
    .setAudience(token.audience)
    .setIssuedAt()
    .setExpirationTime(typeof expiresIn === "number" ? `${expiresIn}s` : expiresIn)
    .sign(new TextEncoder().encode(settings.JWT_SECRET));
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
