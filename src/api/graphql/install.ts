import "./graphile-env.ts";
import type { Router } from "express";
import type { Pool } from "pg";
import type { Logger } from "../../log.ts";
import type { Settings } from "../../sdk/index.ts";
import type { ApiExtension } from "../extension.ts";
import { scopeOf } from "../request.ts";
import { alikeForAll } from "./alike.ts";
import { existingSchemas } from "./existing-schemas.ts";
import { limitRules } from "./limits.ts";
import { type LiveSchema, liveSchema } from "./live.ts";
import { errorMask } from "./mask-error.ts";
import { rowlockPreset } from "./preset.ts";
import { atGraphqlPath, serveGraphql } from "./serve.ts";
import { tellPlugin } from "./tell-plugin.ts";

export type Graphql = {
  /** The page for trying queries; outside of production only. It asks for no credentials and holds no data. */
  installGraphiql(router: Router): void;
  installGraphql(router: Router): void;
  /** What subscriptions are read by; undefined when the schema has none. */
  live: LiveSchema | undefined;
  release(): Promise<void>;
};

/**
 * Builds the GraphQL schema from the database, once, and what serves it.
 * @throws RowlockError INVALID_SETTING when GRAPHQL_SCHEMAS names none the database has
 */
export async function buildGraphql({
  settings,
  pool,
  logger,
  extensions,
}: {
  settings: Settings;
  pool: Pool;
  logger: Logger;
  extensions: readonly ApiExtension[];
}): Promise<Graphql> {
  const forDevelopment = settings.NODE_ENV !== "production";
  const schemas = await existingSchemas(pool, settings.GRAPHQL_SCHEMAS);
  const alike = await alikeForAll(pool, schemas);
  const maskError = errorMask(logger);
  const preset = rowlockPreset({
    pool,
    schemas,
    statementTimeoutMs: settings.API_STATEMENT_TIMEOUT_MS,
    // Set by authentication; without it the adaptor refuses.
    member: ({ expressv4, rowlockMember }) =>
      expressv4 === undefined ? rowlockMember : scopeOf(expressv4.req)?.member,
    limits: settings,
    maskError,
  });
  const { serve, schema, resolvedPreset, release } = await serveGraphql(
    {
      extends: [preset, ...extensions.flatMap(({ graphql }) => (graphql === undefined ? [] : [graphql]))],
      plugins: [tellPlugin(pool)],
    },
    { path: "/graphql", graphiqlPath: forDevelopment ? "/graphiql" : undefined },
  );

  return {
    installGraphiql(router) {
      if (!forDevelopment) return;
      router.get("/graphiql", serve);
      router.get("/ruru-static/{*file}", serve);
    },
    installGraphql(router) {
      router.use(atGraphqlPath("/graphql", serve));
    },
    live: liveSchema({
      schema,
      resolvedPreset,
      rules: limitRules(settings),
      mostRows: settings.GRAPHQL_MAX_COST,
      alike: alike(schema),
      maskError,
    }),
    release,
  };
}
