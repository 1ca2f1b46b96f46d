import type { Pool } from "pg";
import { z } from "zod";
import { fromDatabase, isInfrastructureError, RowlockError, type Settings } from "../sdk/index.ts";
import { credentialOf, type KeySettings, signToken, tokenVerifier } from "./token.ts";
import type { Member } from "./with-tenant.ts";

type TokenSettings = KeySettings & Pick<Settings, "JWT_AUDIENCE">;

/** What a token may say. Anything else in it, such as a role, is ignored: the database knows the role. */
const claims = z.object({ sub: z.uuid(), org: z.uuid(), exp: z.number() });

/** Who sent a request; of a token, until when it is valid, in milliseconds since 1970. */
export type Principal = Member & { expiresAt?: number | undefined };

/** Finds out who sent a request. `header` is the value of `Authorization`, or an API key made to look like one. */
export type Authenticate = (header: string | undefined) => Promise<Principal>;

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
  const verify = tokenVerifier(settings, settings.JWT_AUDIENCE, ["sub", "org"]);
  return async (header) => {
    const credential = credentialOf(header);
    return credential.startsWith("rlk_")
      ? await findKey(pool, credential)
      : toMember(await verify(credential));
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
  return await signToken(settings, {
    audience: settings.JWT_AUDIENCE,
    subject: who.userId,
    claims: { org: who.organizationId },
    expiresIn: who.expiresIn,
  });
}

function toMember(payload: unknown): Principal {
  const known = claims.safeParse(payload);
  if (known.success) {
    const { org: organizationId, sub: userId, exp } = known.data;
    return { organizationId, userId, expiresAt: exp * 1_000 };
  }
  const [issue] = known.error.issues;
  throw new RowlockError(
    "UNAUTHENTICATED",
    `The token's claim "${issue?.path.join(".")}" is not a uuid: sub names the user, org the organization.`,
  );
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
