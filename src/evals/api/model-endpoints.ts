import { z } from "zod";
import {
  type Endpoint,
  parseBody,
  parseParams,
  parseQuery,
  type RouteContext,
  withErrors,
} from "../../api/index.ts";
import { createModelEndpoint, modelEndpointInput, replaceModelEndpoint } from "../store/model-endpoints.ts";
import { modelUsage, sumUsage, usageQuery } from "../store/model-usage.ts";
import {
  createModel,
  modelDefaultInput,
  modelInput,
  modelPurpose,
  modelSetup,
  replaceModel,
  setModelDefault,
} from "../store/models.ts";
import { creating, replacing } from "./setup-endpoints.ts";

const byPurpose = z.object({ purpose: modelPurpose });
const set = z.object({ purpose: modelPurpose, modelId: z.uuid() }).meta({ id: "ModelDefault" });

/** Models of an organization, which is taken for what, and what they cost. */
export function modelEndpoints(context: RouteContext): Endpoint[] {
  const setup = modelSetup(context.settings);
  return [
    creating(context, "models", "a model", modelInput, (tx, input) => createModel(tx, input, setup)),
    replacing(context, "models", "a model", modelInput, (tx, id, input) =>
      replaceModel(tx, id, input, setup),
    ),
    creating(
      context,
      "model-endpoints",
      "an endpoint that is a model",
      modelEndpointInput,
      createModelEndpoint,
    ),
    replacing(
      context,
      "model-endpoints",
      "an endpoint that is a model",
      modelEndpointInput,
      replaceModelEndpoint,
    ),
    settingDefault(context),
    usage(context),
  ];
}

function settingDefault({ inTenant }: RouteContext): Endpoint {
  return {
    method: "put",
    path: "/model-defaults/{purpose}",
    operation: {
      operationId: "setModelDefault",
      summary: "Say which model is taken for a purpose when none is named",
      requestParams: { path: byPurpose },
      requestBody: { required: true, content: { "application/json": { schema: modelDefaultInput } } },
      responses: withErrors(
        { "200": { description: "The default", content: { "application/json": { schema: set } } } },
        {
          "400": "The body is not JSON",
          "404": "No such model in your organization",
          "422": "No such purpose, or the id is not a uuid",
        },
      ),
    },
    async handle(request) {
      const { purpose } = parseParams(byPurpose, request);
      const { modelId } = parseBody(modelDefaultInput, request);
      await inTenant(request, (tx) => setModelDefault(tx, purpose, modelId));
      return { purpose, modelId };
    },
  };
}

function usage({ inTenant }: RouteContext): Endpoint {
  return {
    method: "get",
    path: "/model-usage",
    operation: {
      operationId: "getModelUsage",
      summary: "Calls, tokens and cost of models, of a run or of a time",
      requestParams: { query: usageQuery },
      responses: withErrors(
        { "200": { description: "The sums", content: { "application/json": { schema: modelUsage } } } },
        { "422": "A parameter that cannot be used" },
      ),
    },
    handle: (request) => {
      const query = parseQuery(usageQuery, request);
      return inTenant(request, (tx) => sumUsage(tx, query));
    },
  };
}
