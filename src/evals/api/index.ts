import express from "express";
import {
  type ApiExtension,
  describeEndpoints,
  type Endpoint,
  mountEndpoints,
  type RouteContext,
} from "../../api/index.ts";
import type { Settings } from "../../sdk/index.ts";
import { evalsMutations } from "./graphql.ts";
import { importEndpoint } from "./import-endpoint.ts";
import { listEndpoints } from "./list-endpoints.ts";
import { runControlEndpoints } from "./run-control-endpoints.ts";
import { runEndpoints } from "./run-endpoints.ts";
import { setupEndpoints } from "./setup-endpoints.ts";

/** What AI test runs add to the API. */
export function evalsExtension(settings: Pick<Settings, "ALLOW_INTERNAL_ADDRESSES">): ApiExtension {
  const endpoints = (context: RouteContext): Endpoint[] => [
    ...setupEndpoints(context),
    importEndpoint(context),
    ...listEndpoints(context),
    ...runEndpoints(context),
    ...runControlEndpoints(context),
  ];
  return {
    name: "evals",
    graphql: { plugins: [evalsMutations(settings.ALLOW_INTERNAL_ADDRESSES)] },
    routes(context) {
      const router = express.Router();
      mountEndpoints(router, endpoints(context));
      return router;
    },
    openapi: (context) => describeEndpoints(endpoints(context)),
  };
}
