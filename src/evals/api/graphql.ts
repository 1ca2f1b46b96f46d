import { access, type Step } from "postgraphile/grafast";
import { extendSchema, gql } from "postgraphile/utils";
import { parseWith, tenantMutation } from "../../api/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { endpointInput } from "../store/endpoint-input.ts";
import { createEndpoint, type EndpointStoreSettings, replaceEndpoint } from "../store/endpoints.ts";
import { createMetric, metricInput, replaceMetric } from "../store/metrics.ts";
import {
  createTarget,
  type NotificationSettings,
  replaceTarget,
  targetInput,
} from "../store/notification-targets.ts";
import { launchTry, tryRequest } from "../store/try-endpoint.ts";

/**
 * Mutations that check what SQL cannot: templates, response paths, URLs, patterns. They take the place of those that
 * PostGraphile would make of the tables. Inputs and payloads are those of REST.
 */
export function evalsMutations(
  settings: NotificationSettings & EndpointStoreSettings,
): GraphileConfig.Plugin {
  return extendSchema((build) => {
    const resources = Object.values(build.input.pgRegistry.pgResources);
    const resource = (name: string) =>
      resources.find(
        ({ extensions }) => extensions?.pg?.schemaName === "evals" && extensions.pg.name === name,
      );
    const [endpoints, metrics] = [resource("endpoints"), resource("metrics")];
    const targets = resource("notification_targets");
    // Without the schema `evals` in GRAPHQL_SCHEMAS, or before its migrations, there is nothing to extend.
    if (endpoints === undefined || metrics === undefined || targets === undefined) return { typeDefs: [] };

    const mutation =
      <Result>(work: (tx: TenantTransaction, input: Record<string, unknown>) => Promise<Result>) =>
      (_root: unknown, fieldArgs: { getRaw(name: string): Step }) =>
        tenantMutation(build, fieldArgs.getRaw("input") as Step<Record<string, unknown>>, work);

    return {
      typeDefs: gql`
        input EndpointFields {
          name: String!
          url: String!
          method: String
          headers: JSON
          "JSON whose texts are Liquid templates over input; null for no body."
          requestTemplate: JSON
          "JSONata path to the output in the answer."
          responsePath: String
          timeoutMs: Int
          "Where else something is in the answer, by paths: context, toolCalls, conversationId."
          responseMapping: JSON
          "type: none, bearer (token), header (name, value) or oauth (tokenUrl, clientId, clientSecret, scope, audience)."
          auth: JSON
          "Headers that are never shown again; null keeps the value that is stored."
          secretHeaders: JSON
          maxAttempts: Int
          concurrency: Int
          ratePerMinute: Int
        }
        input MetricFields {
          name: String!
          "exact, contains, regex, number, similarity, json_schema, json_value, latency or cost; by a model numeric, categorical or goal"
          kind: String!
          parameters: JSON
        }
        input NotificationTargetFields {
          name: String!
          "email or webhook"
          kind: String!
          address: String!
          "always, failed or regressed"
          notifyOn: String
          enabled: Boolean
        }
        input CreateNotificationTargetInput { notificationTarget: NotificationTargetFields! }
        input ReplaceNotificationTargetInput { id: UUID!, notificationTarget: NotificationTargetFields! }
        input CreateEndpointInput { endpoint: EndpointFields! }
        input ReplaceEndpointInput { id: UUID!, endpoint: EndpointFields! }
        input TryEndpointInput { id: UUID!, input: String! }
        type TryEndpointPayload {
          "The job; its result has what was sent, what was answered and what was made of it."
          jobId: UUID!
        }
        input CreateMetricInput { metric: MetricFields! }
        input ReplaceMetricInput { id: UUID!, metric: MetricFields! }
        type EndpointPayload { endpoint: ${build.inflection.tableType(endpoints.codec)} }
        type MetricPayload { metric: ${build.inflection.tableType(metrics.codec)} }
        type NotificationTargetPayload { notificationTarget: ${build.inflection.tableType(targets.codec)} }
        type CreatedNotificationTargetPayload {
          notificationTarget: ${build.inflection.tableType(targets.codec)}
          "What a webhook is signed with. Shown this once."
          secret: String
        }
        extend type Mutation {
          "Has the end of runs told to an e-mail address or a webhook."
          createNotificationTarget(input: CreateNotificationTargetInput!): CreatedNotificationTargetPayload
          "Replaces a target; its kind and secret stay."
          replaceNotificationTarget(input: ReplaceNotificationTargetInput!): NotificationTargetPayload
          "Stores an endpoint after checking its URL, template and response path."
          createEndpoint(input: CreateEndpointInput!): EndpointPayload
          "Replaces an endpoint; runs under way keep the one they began with."
          replaceEndpoint(input: ReplaceEndpointInput!): EndpointPayload
          "Calls an endpoint once with one input, in a job: its result has what was sent and answered."
          tryEndpoint(input: TryEndpointInput!): TryEndpointPayload
          "Stores a metric after checking its parameters."
          createMetric(input: CreateMetricInput!): MetricPayload
          "Replaces a metric; runs under way keep the one they began with."
          replaceMetric(input: ReplaceMetricInput!): MetricPayload
        }
      `,
      objects: {
        Mutation: {
          plans: {
            createEndpoint: mutation((tx, { endpoint }) =>
              createEndpoint(tx, parseWith(endpointInput, endpoint, "endpoint"), settings),
            ),
            replaceEndpoint: mutation((tx, { id, endpoint }) =>
              replaceEndpoint(tx, String(id), parseWith(endpointInput, endpoint, "endpoint"), settings),
            ),
            createNotificationTarget: mutation((tx, { notificationTarget }) =>
              createTarget(tx, parseWith(targetInput, notificationTarget, "notification target"), settings),
            ),
            replaceNotificationTarget: mutation((tx, { id, notificationTarget }) =>
              replaceTarget(
                tx,
                String(id),
                parseWith(targetInput, notificationTarget, "notification target"),
                settings,
              ),
            ),
            tryEndpoint: mutation((tx, { id, input }) =>
              launchTry(tx, String(id), parseWith(tryRequest, { input }, "input")),
            ),
            createMetric: mutation((tx, { metric }) =>
              createMetric(tx, parseWith(metricInput, metric, "metric")),
            ),
            replaceMetric: mutation((tx, { id, metric }) =>
              replaceMetric(tx, String(id), parseWith(metricInput, metric, "metric")),
            ),
          },
        },
        NotificationTargetPayload: {
          plans: { notificationTarget: ($id: Step) => targets.get({ id: $id as Step<string> }) },
        },
        CreatedNotificationTargetPayload: {
          plans: {
            notificationTarget: ($made: Step) => targets.get({ id: access<string>($made, "id") }),
            secret: ($made: Step) => access<string | null>($made, "secret"),
          },
        },
        TryEndpointPayload: { plans: { jobId: ($id: Step) => $id } },
        EndpointPayload: { plans: { endpoint: ($id: Step) => endpoints.get({ id: $id as Step<string> }) } },
        MetricPayload: { plans: { metric: ($id: Step) => metrics.get({ id: $id as Step<string> }) } },
      },
    };
  });
}
