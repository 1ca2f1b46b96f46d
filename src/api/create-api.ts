import express, { type Router } from "express";
import type { Pool } from "pg";
import { standardChains } from "../db/index.ts";
import { noteChange, tellChanges } from "../jobs/index.ts";
import type { Logger } from "../log.ts";
import { RowlockError, type Settings } from "../sdk/index.ts";
import { createAuthenticator, refuseUnsafeLogin, withTenant } from "../tenancy/index.ts";
import type { ApiExtension, RouteContext } from "./extension.ts";
import { buildGraphql } from "./graphql/install.ts";
import { installAuth } from "./http/auth.ts";
import { installBody } from "./http/body.ts";
import { installDashboard } from "./http/dashboard.ts";
import { installErrors } from "./http/errors.ts";
import { installHealth } from "./http/health.ts";
import { installRequestLog } from "./http/request-log.ts";
import { installSecurityHeaders } from "./http/security-headers.ts";
import { installSignIn, type SignInOffers } from "./http/sign-in.ts";
import { buildOperatorsDoor, opsPath } from "./ops/install.ts";
import { memberOf } from "./request.ts";
import { installRest } from "./rest/install.ts";

export type ApiOptions = {
  settings: Settings;
  /** Connections of the login rowlock_api. Stays the caller's to end. */
  pool: Pool;
  /** Connections of the login rowlock_ops, the caller's to end as well. Without them there is no operators' door. */
  opsPool?: Pool | undefined;
  logger: Logger;
  /** In development alone: tokens to sign in with by a click, for whoever sits at this machine. */
  signInOffers?: (() => Promise<SignInOffers>) | undefined;
  /** What applications add. */
  extensions?: readonly ApiExtension[];
};

export type Api = {
  /** Mount it at the root of an Express application: requests that are not ours pass through untouched. */
  router: Router;
  /** Frees what the API holds, but not the pool. */
  release(): Promise<void>;
};

const ours = /^\/(api|dashboard|graphql|graphiql|ruru-static|healthz|readyz)(\/|$)/;

/**
 * The whole API as an Express router. A request's way, from top to bottom, is the order below.
 * @throws RowlockError UNSAFE_LOGIN, INVALID_SETTING; a database error when it cannot be reached
 */
export async function createApi(options: ApiOptions): Promise<Api> {
  const { settings, pool, opsPool, signInOffers, logger, extensions = [] } = options;
  await refuseUnsafeLogin(pool, "API_DATABASE_URL");
  await requireTenantLogin(pool);
  const graphql = await buildGraphql({ settings, pool, logger, extensions });
  const ops = await (
    opsPool && buildOperatorsDoor({ settings, pool: opsPool, tenantPool: pool, logger })
  )?.catch(async (error: unknown) => {
    await graphql.release();
    throw error;
  });
  const context: RouteContext = {
    settings,
    logger,
    async inTenant(request, work) {
      const member = memberOf(request);
      const result = await withTenant(pool, { ...member, source: "rest" }, work, {
        statementTimeoutMs: settings.API_STATEMENT_TIMEOUT_MS,
      });
      // What it launched or changed, whoever watches the organization finds by looking again.
      if (request.method !== "GET") noteChange(pool, member.organizationId, null);
      return result;
    },
  };

  const inner = express.Router();
  installRequestLog(inner, logger);
  installSecurityHeaders(inner);
  installHealth(inner, { pool, chains: standardChains(settings) });
  installSignIn(inner, signInOffers);
  installDashboard(inner);
  graphql.installGraphiql(inner);
  ops?.install(inner);
  installAuth(inner, createAuthenticator({ settings, pool }));
  installBody(inner, settings);
  installRest(inner, context, extensions);
  graphql.installGraphql(inner);
  installErrors(inner, logger);

  const router = express.Router();
  router.use((request, response, next) => {
    if (ours.test(request.path) || (ops !== undefined && request.path === opsPath))
      inner(request, response, next);
    else next();
  });
  return {
    router,
    release: async () => {
      await tellChanges(pool);
      await Promise.all([graphql.release(), ops?.release()]);
    },
  };
}

/** A login that may not become a tenant would serve an empty schema and refuse every request. */
async function requireTenantLogin(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ login: string; fits: boolean }>(
    "select session_user as login, pg_has_role(session_user, 'rowlock_tenant', 'member') as fits",
  );
  const [row] = rows;
  if (row?.fits === true) return;
  throw new RowlockError(
    "INVALID_SETTING",
    `API_DATABASE_URL: the login ${row?.login} may not act for tenants. Use rowlock_api, which \`rowlock migrate\` makes.`,
  );
}
