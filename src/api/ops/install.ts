import express, { type Router } from "express";
import type { Pool } from "pg";
import type { Logger } from "../../log.ts";
import { RowlockError, type Settings } from "../../sdk/index.ts";
import { createOperatorAuthenticator, refuseUnsafeLogin } from "../../tenancy/index.ts";
import { errorMask } from "../graphql/mask-error.ts";
import { atGraphqlPath, serveGraphql } from "../graphql/serve.ts";
import { installBody } from "../http/body.ts";
import { scopeOf } from "../request.ts";
import { operatorPreset } from "./preset.ts";

export const opsPath = "/ops/graphql";

export type OperatorsDoor = {
  install(router: Router): void;
  release(): Promise<void>;
};

/**
 * Builds the operators' door: `/ops/graphql`, behind a token of the operators' own audience, over a login of its own.
 * @param pool connections of the login rowlock_ops
 * @param tenantPool the API's other pool, of which operators see how much waits for it
 * @throws RowlockError UNSAFE_LOGIN, INVALID_SETTING
 */
export async function buildOperatorsDoor({
  settings,
  pool,
  tenantPool,
  logger,
}: {
  settings: Settings;
  pool: Pool;
  tenantPool: Pool;
  logger: Logger;
}): Promise<OperatorsDoor> {
  await refuseUnsafeLogin(pool, "OPS_DATABASE_URL");
  await requireOperatorLogin(pool);
  const authenticate = createOperatorAuthenticator(settings);
  const { serve, release } = await serveGraphql(
    operatorPreset({
      pool,
      watched: { tenants: tenantPool, operators: pool },
      limits: settings,
      statementTimeoutMs: settings.API_STATEMENT_TIMEOUT_MS,
      operator: ({ expressv4 }) => (expressv4 === undefined ? undefined : scopeOf(expressv4.req)?.operator),
      maskError: errorMask(logger),
    }),
    { path: opsPath },
  );
  return {
    install(router) {
      const door = express.Router();
      door.use(async (request, _response, next) => {
        const operator = await authenticate(request.get("authorization"));
        const scope = scopeOf(request);
        if (scope !== undefined) scope.operator = operator;
        next();
      });
      installBody(door, settings);
      door.use(atGraphqlPath(opsPath, serve));
      router.use((request, response, next) => {
        if (request.path === opsPath) door(request, response, next);
        else next();
      });
    },
    release,
  };
}

/** A login that may act for tenants too, or for nobody, is not the operators'. */
async function requireOperatorLogin(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ login: string; fits: boolean }>(
    `select session_user as login, pg_has_role(session_user, 'rowlock_operator', 'member')
       and not pg_has_role(session_user, 'rowlock_tenant', 'member') as fits`,
  );
  const [row] = rows;
  if (row?.fits === true) return;
  throw new RowlockError(
    "INVALID_SETTING",
    `OPS_DATABASE_URL: the login ${row?.login} is not one for operators alone. Use rowlock_ops, which \`rowlock migrate\` makes.`,
  );
}
