import type { Step } from "postgraphile/grafast";
import { extendSchema, gql } from "postgraphile/utils";
import { parseWith, tenantMutation } from "../../api/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { createModelEndpoint, modelEndpointInput, replaceModelEndpoint } from "../store/model-endpoints.ts";
import {
  createModel,
  type ModelSettings,
  modelInput,
  modelPurpose,
  modelSetup,
  replaceModel,
  setModelDefault,
} from "../store/models.ts";

/** Mutations of models: their inputs are checked as REST checks them. */
export function modelMutations(settings: ModelSettings): GraphileConfig.Plugin {
  const setup = modelSetup(settings);
  return extendSchema((build) => {
    const resources = Object.values(build.input.pgRegistry.pgResources);
    const resource = (name: string) =>
      resources.find(
        ({ extensions }) => extensions?.pg?.schemaName === "evals" && extensions.pg.name === name,
      );
    const [endpoints, models] = [resource("endpoints"), resource("models")];
    if (endpoints === undefined || models === undefined) return { typeDefs: [] };

    const mutation =
      (work: (tx: TenantTransaction, input: Record<string, unknown>) => Promise<string>) =>
      (_root: unknown, fieldArgs: { getRaw(name: string): Step }) =>
        tenantMutation(build, fieldArgs.getRaw("input") as Step<Record<string, unknown>>, work);

    return {
      typeDefs: gql`
        input ModelFields {
          name: String!
          "openai, anthropic, google, mistral, groq or openai-compatible"
          provider: String!
          "The provider's id of it."
          model: String!
          baseUrl: String
          "Stored encrypted and never given back. Left out of a replacement it stays; null removes it."
          key: String
          "temperature, maxTokens"
          parameters: JSON
          "Per million tokens, as decimal text."
          inputPrice: String
          outputPrice: String
          timeoutMs: Int
        }
        input ModelEndpointFields {
          name: String!
          modelId: UUID!
          "{ system?, prompt }: Liquid templates over input."
          requestTemplate: JSON
          timeoutMs: Int
        }
        input CreateModelInput { model: ModelFields! }
        input ReplaceModelInput { id: UUID!, model: ModelFields! }
        input SetModelDefaultInput {
          "judge, generation or simulated_user"
          purpose: String!
          modelId: UUID!
        }
        input CreateModelEndpointInput { endpoint: ModelEndpointFields! }
        input ReplaceModelEndpointInput { id: UUID!, endpoint: ModelEndpointFields! }
        type ModelPayload { model: ${build.inflection.tableType(models.codec)} }
        type ModelEndpointPayload { endpoint: ${build.inflection.tableType(endpoints.codec)} }
        extend type Mutation {
          "Stores a model after checking its URL and parameters."
          createModel(input: CreateModelInput!): ModelPayload
          "Replaces a model; runs under way keep the one they began with."
          replaceModel(input: ReplaceModelInput!): ModelPayload
          "Says which model is taken for a purpose when none is named."
          setModelDefault(input: SetModelDefaultInput!): ModelPayload
          "Stores an endpoint that is a model."
          createModelEndpoint(input: CreateModelEndpointInput!): ModelEndpointPayload
          "Replaces an endpoint that is a model; runs under way keep the one they began with."
          replaceModelEndpoint(input: ReplaceModelEndpointInput!): ModelEndpointPayload
        }
      `,
      objects: {
        Mutation: {
          plans: {
            createModel: mutation((tx, { model }) =>
              createModel(tx, parseWith(modelInput, model, "model"), setup),
            ),
            replaceModel: mutation((tx, { id, model }) =>
              replaceModel(tx, String(id), parseWith(modelInput, model, "model"), setup),
            ),
            setModelDefault: mutation((tx, { purpose, modelId }) =>
              setModelDefault(tx, parseWith(modelPurpose, purpose, "purpose"), String(modelId)),
            ),
            createModelEndpoint: mutation((tx, { endpoint }) =>
              createModelEndpoint(tx, parseWith(modelEndpointInput, endpoint, "endpoint")),
            ),
            replaceModelEndpoint: mutation((tx, { id, endpoint }) =>
              replaceModelEndpoint(tx, String(id), parseWith(modelEndpointInput, endpoint, "endpoint")),
            ),
          },
        },
        ModelPayload: { plans: { model: ($id: Step) => models.get({ id: $id as Step<string> }) } },
        ModelEndpointPayload: {
          plans: { endpoint: ($id: Step) => endpoints.get({ id: $id as Step<string> }) },
        },
      },
    };
  });
}
