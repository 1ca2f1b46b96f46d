import type { Request, Router } from "express";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import type { Logger } from "../log.ts";
import type { Settings } from "../sdk/index.ts";
import type { TenantTransaction } from "../tenancy/index.ts";

/** What a route of an application may use. */
export type RouteContext = {
  settings: Settings;
  logger: Logger;
  /**
   * Runs `work` in one tenant transaction of whoever sent the request, and commits.
   * @throws RowlockError as `withTenant`; what `work` threw, rolled back
   */
  inTenant<T>(request: Request, work: (tx: TenantTransaction) => Promise<T>): Promise<T>;
};

/** What an application adds to the API. Its routes stand behind authentication, under `/api`. */
export type ApiExtension = {
  name: string;
  /** Routes, relative to `/api`; write handlers with `route`. */
  routes?: (context: RouteContext) => Router;
  /** Plugins for the GraphQL schema; write mutations with `tenantMutation`. */
  graphql?: GraphileConfig.Preset;
  /** The routes as OpenAPI paths (`/api/…`), with the zod schemas that parse their requests. */
  openapi?: (context: RouteContext) => ZodOpenApiPathsObject;
};
