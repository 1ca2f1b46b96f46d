import express, { type Router } from "express";
import type { ApiExtension, RouteContext } from "../extension.ts";
import { auditEndpoints } from "./audit.ts";
import { batchEndpoints } from "./batches.ts";
import { controlEndpoints } from "./control.ts";
import { mountEndpoints } from "./endpoint.ts";
import { jobEndpoints } from "./jobs.ts";
import { openapiEndpoint } from "./openapi.ts";
import { pauseEndpoints } from "./pauses.ts";
import { scheduleEndpoints } from "./schedules.ts";
import { taskEndpoints } from "./tasks.ts";
import { viewerEndpoints } from "./viewer.ts";

/** REST under /api: the kernel's routes, then those of applications. */
export function installRest(
  router: Router,
  context: RouteContext,
  extensions: readonly ApiExtension[],
): void {
  const api = express.Router();
  const endpoints = [
    ...jobEndpoints(context),
    ...controlEndpoints(context),
    ...batchEndpoints(context),
    ...scheduleEndpoints(context),
    ...pauseEndpoints(context),
    ...auditEndpoints(context),
    ...taskEndpoints(context),
    ...viewerEndpoints(context),
  ];
  const documented = Object.assign({}, ...extensions.map(({ openapi }) => openapi?.(context) ?? {}));
  mountEndpoints(api, [...endpoints, openapiEndpoint(context, endpoints, documented)]);
  for (const { routes } of extensions) if (routes !== undefined) api.use(routes(context));
  router.use("/api", api);
}
