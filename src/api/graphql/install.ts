import "./graphile-env.ts";
import express, { type RequestHandler, type Router } from "express";
import type { Pool } from "pg";
import { postgraphile } from "postgraphile";
import { grafserv } from "postgraphile/grafserv/express/v4";
import type { Logger } from "../../log.ts";
import type { Settings } from "../../sdk/index.ts";
import type { ApiExtension } from "../extension.ts";
import { scopeOf } from "../request.ts";
import { existingSchemas } from "./existing-schemas.ts";
import { errorMask } from "./mask-error.ts";
import { rowlockPreset } from "./preset.ts";
import { checkGraphqlBody } from "./request-body.ts";
import { ServePlugin } from "./serve-plugin.ts";

export type Graphql = {
  /** The page for trying queries; outside of production only. It asks for no credentials and holds no data. */
  installGraphiql(router: Router): void;
  installGraphql(router: Router): void;
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
  const preset = rowlockPreset({
    pool,
    schemas: await existingSchemas(pool, settings.GRAPHQL_SCHEMAS),
    statementTimeoutMs: settings.API_STATEMENT_TIMEOUT_MS,
    // Set by authentication; without it the adaptor refuses.
    member: ({ expressv4 }) => (expressv4 === undefined ? undefined : scopeOf(expressv4.req)?.member),
    limits: settings,
    maskError: errorMask(logger),
  });
  const built = postgraphile({
    extends: [preset, ...extensions.flatMap(({ graphql }) => (graphql === undefined ? [] : [graphql]))],
    plugins: [ServePlugin],
    grafserv: {
      graphqlPath: "/graphql",
      graphqlOverGET: false,
      graphiql: forDevelopment,
      graphiqlOnGraphQLGET: false,
      graphiqlPath: "/graphiql",
      websockets: false,
    },
    // Asked for or not, it would come with every answer in development: plans by the page.
    grafast: { explain: false },
  });
  await built.getSchema();
  const server = built.createServ(grafserv);
  await server.ready();
  // An application of its own, since grafserv attaches to one; it has nothing else on it.
  const app = express().disable("x-powered-by");
  await server.addTo(app, null, false);
  const serve: RequestHandler = (request, response, next) => {
    app(request, response, next);
  };

  return {
    installGraphiql(router) {
      if (!forDevelopment) return;
      router.get("/graphiql", serve);
      router.get("/ruru-static/{*file}", serve);
    },
    installGraphql(router) {
      router.use((request, response, next) => {
        if (request.path !== "/graphql") {
          next();
          return;
        }
        checkGraphqlBody(request, response, (error?: unknown) => {
          if (error === undefined) serve(request, response, next);
          else next(error);
        });
      });
    },
    release: async () => {
      await built.release();
    },
  };
}
