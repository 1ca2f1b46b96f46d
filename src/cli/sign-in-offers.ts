import type { Pool } from "pg";
import { isLoopback, type SignInOffers } from "../api/index.ts";
import { createPool } from "../db/index.ts";
import { issueOperatorToken, issueToken } from "../tenancy/index.ts";
import { createOrganization } from "./admin.ts";
import type { Environment } from "./environment.ts";

const expiresIn = "8h";
/** Of an organization that is made where there is none, so that one can click right in. */
const first = { name: "Local", owner: "you@localhost" };

type Owner = { organizationId: string; name: string; userId: string; email: string };

/**
 * What the dashboard may offer for signing in by a click: in development, when the API listens on this machine alone and
 * tokens can be signed here; else undefined. Makes an organization where there is none.
 * @param logins with `admin`, whose connections act as rowlock_owner
 */
export async function signInOffers(
  { settings, logger }: Environment,
  logins: { admin: string; ops?: string | undefined },
): Promise<{ list(): Promise<SignInOffers>; end(): Promise<void> } | undefined> {
  const { NODE_ENV, API_HOST, JWT_SECRET } = settings;
  if (NODE_ENV !== "development" || !isLoopback(API_HOST) || JWT_SECRET === undefined) return undefined;
  const pool = createPool({
    url: logins.admin,
    max: 1,
    name: "rowlock-sign-in",
    role: "rowlock_owner",
    logger,
  });
  try {
    if (await isUnused(pool)) await createOrganization(pool, first.name, first.owner);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return {
    async list() {
      const offers = await Promise.all(
        (await newestOwners(pool)).map(async ({ organizationId, name, userId, email }) => ({
          label: `${name} (${email})`,
          organization: organizationId,
          token: await issueToken(settings, { organizationId, userId, expiresIn }),
        })),
      );
      const operator =
        logins.ops === undefined
          ? null
          : { token: await issueOperatorToken(settings, { name: "local", expiresIn }) };
      return { offers, operator };
    },
    end: () => pool.end(),
  };
}

/** No organization and no job: an application that has organizations of its own leaves our table empty. */
async function isUnused(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ unused: boolean }>(
    "select not exists (select from rowlock.organizations) and not exists (select from rowlock.job) as unused",
  );
  return rows[0]?.unused === true;
}

/** Of the newest 20 organizations, with an owner each. */
async function newestOwners(pool: Pool): Promise<Owner[]> {
  const { rows } = await pool.query<Owner>(
    `select o.id as "organizationId", o.name, m.user_id as "userId", u.email
     from (select id, name from rowlock.organizations where state = 'active' order by id desc limit 20) o
     cross join lateral (
       select user_id from rowlock.memberships where organization_id = o.id and role = 'owner'
       order by created_at, user_id limit 1) m
     join rowlock.users u on u.id = m.user_id
     order by o.id desc`,
  );
  return rows;
}
