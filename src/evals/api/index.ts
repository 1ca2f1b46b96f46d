import express from "express";
import {
  type ApiExtension,
  describeEndpoints,
  type Endpoint,
  mountEndpoints,
  type RouteContext,
} from "../../api/index.ts";
import type { EndpointStoreSettings } from "../store/endpoints.ts";
import type { ModelSettings } from "../store/models.ts";
import type { NotificationSettings } from "../store/notification-targets.ts";
import { compareEndpoints } from "./compare-endpoints.ts";
import { endpointEndpoints } from "./endpoint-endpoints.ts";
import { exportEndpoints } from "./export-endpoints.ts";
import { generationEndpoints } from "./generation-endpoints.ts";
import { generationMutations } from "./generation-graphql.ts";
import { evalsMutations } from "./graphql.ts";
import { importEndpoint } from "./import-endpoint.ts";
import { keptTestEndpoints } from "./kept-test-endpoints.ts";
import { listEndpoints } from "./list-endpoints.ts";
import { testRunSubscription } from "./live-graphql.ts";
import { modelEndpoints } from "./model-endpoints.ts";
import { modelMutations } from "./model-graphql.ts";
import { notificationEndpoints } from "./notification-endpoints.ts";
import { runControlEndpoints } from "./run-control-endpoints.ts";
import { runEndpoints } from "./run-endpoints.ts";
import { setupEndpoints } from "./setup-endpoints.ts";
import { testEndpoints } from "./test-endpoints.ts";
import { testSetEndpoints } from "./test-set-endpoints.ts";

/** What AI test runs add to the API. */
export function evalsExtension(
  settings: NotificationSettings & EndpointStoreSettings & ModelSettings,
): ApiExtension {
  const endpoints = (context: RouteContext): Endpoint[] => [
    ...setupEndpoints(context),
    ...endpointEndpoints(context),
    ...modelEndpoints(context),
    importEndpoint(context),
    ...exportEndpoints(context),
    ...listEndpoints(context),
    ...notificationEndpoints(context),
    ...runEndpoints(context),
    ...runControlEndpoints(context),
    ...compareEndpoints(context),
    ...testSetEndpoints(context),
    ...testEndpoints(context),
    ...keptTestEndpoints(context),
    ...generationEndpoints(context),
  ];
  return {
    name: "evals",
    graphql: {
      plugins: [
        evalsMutations(settings),
        modelMutations(settings),
        generationMutations(),
        testRunSubscription(),
      ],
    },
    routes(context) {
      const router = express.Router();
      mountEndpoints(router, endpoints(context));
      return router;
    },
    openapi: (context) => describeEndpoints(endpoints(context)),
  };
}
