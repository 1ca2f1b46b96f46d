import "./graphile-env.ts";
import express, { type RequestHandler } from "express";
import { postgraphile } from "postgraphile";
import { grafserv } from "postgraphile/grafserv/express/v4";
import type { GraphQLSchema } from "postgraphile/graphql";
import { checkGraphqlBody } from "./request-body.ts";
import { ServePlugin } from "./serve-plugin.ts";

/** Builds the schema of a preset from the database, once, and what serves it at `path` and nowhere else. */
export async function serveGraphql(
  preset: GraphileConfig.Preset,
  { path, graphiqlPath }: { path: string; graphiqlPath?: string | undefined },
): Promise<{
  serve: RequestHandler;
  schema: GraphQLSchema;
  resolvedPreset: GraphileConfig.ResolvedPreset;
  release(): Promise<void>;
}> {
  const built = postgraphile({
    extends: [preset],
    plugins: [ServePlugin],
    grafserv: {
      graphqlPath: path,
      graphqlOverGET: false,
      graphiql: graphiqlPath !== undefined,
      graphiqlOnGraphQLGET: false,
      ...(graphiqlPath === undefined ? {} : { graphiqlPath }),
      websockets: false,
    },
    // Asked for or not, it would come with every answer in development: plans by the page.
    grafast: { explain: false },
  });
  const { schema, resolvedPreset } = await built.getSchemaResult();
  const server = built.createServ(grafserv);
  await server.ready();
  // An application of its own, since grafserv attaches to one; it has nothing else on it.
  const app = express().disable("x-powered-by");
  await server.addTo(app, null, false);
  return {
    serve: (request, response, next) => {
      app(request, response, next);
    },
    schema,
    resolvedPreset,
    release: async () => {
      await built.release();
    },
  };
}

/** Passes requests at `path` on, once their body is known to be one operation; others go by. */
export function atGraphqlPath(path: string, serve: RequestHandler): RequestHandler {
  return (request, response, next) => {
    if (request.path !== path) {
      next();
      return;
    }
    checkGraphqlBody(request, response, (error?: unknown) => {
      if (error === undefined) serve(request, response, next);
      else next(error);
    });
  };
}
