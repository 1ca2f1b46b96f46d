import { get, object, type Step } from "postgraphile/grafast";
import { extendSchema, gql } from "postgraphile/utils";
import { launchBatch } from "../../jobs/index.ts";
import { batchRequest, launchOptions, parseWith } from "../launch-request.ts";
import { kernelResource, withoutNulls } from "./resource.ts";
import { tenantMutation } from "./tenant-mutation.ts";

/** `mutation { launchBatch(input: { jobs: [{ task, payload }] }) { batch { id progress { jobs } } jobIds } }`: all or none. */
export function launchBatchPlugin(service = "main"): GraphileConfig.Plugin {
  return extendSchema((build) => {
    const batches = kernelResource(build, service, "batches");
    if (batches === undefined) return { typeDefs: [] };
    return {
      typeDefs: gql`
        input BatchJobInput {
          "Name of a task in the catalogue."
          task: String!
          payload: JSON
          key: String
          "By which others of the batch depend on it."
          name: String
          "Names of other jobs of this batch."
          dependsOn: [String!]
          "What becomes of it when one of those does not succeed: cancel (default) or go on."
          ifFailed: String
          "Words to find the job by, beside those of all jobs of the batch."
          tags: [String!]
        }
        input BatchEndInput {
          task: String!
          payload: JSON
        }
        input LaunchBatchInput {
          name: String
          "More may be added until the last has ended: launchJob with batchId."
          jobs: [BatchJobInput!]
          "Launched once, when the last job has ended, however they ended."
          onComplete: BatchEndInput
          keyMode: String
          runAt: Datetime
          priority: Int
          maxAttempts: Int
          deadline: Datetime
          "Words to find its jobs by: at most 20, each of 1 to 50 characters."
          tags: [String!]
        }
        type LaunchBatchPayload {
          batch: ${build.inflection.tableType(batches.codec)}
          "Ids of the jobs, in their order."
          jobIds: [UUID!]!
        }
        extend type Mutation {
          "Launches jobs that belong together, all or none."
          launchBatch(input: LaunchBatchInput!): LaunchBatchPayload
        }
      `,
      objects: {
        Mutation: {
          plans: {
            launchBatch(_root, fieldArgs) {
              const $made = tenantMutation(
                build,
                fieldArgs.getRaw("input") as Step<unknown>,
                async (tx, input) => {
                  const { name, jobs, onComplete, ...options } = parseWith(
                    batchRequest,
                    deepWithoutNulls(input),
                    "input",
                  );
                  return await launchBatch(tx, { name, jobs, onComplete, ...launchOptions(options) });
                },
                service,
              );
              return object({ id: get($made, "id"), jobIds: get($made, "jobIds") });
            },
          },
        },
        LaunchBatchPayload: {
          plans: {
            batch: ($payload: Step) => batches.get({ id: get($payload, "id") }),
            jobIds: ($payload: Step) => get($payload, "jobIds"),
          },
        },
      },
    };
  });
}

/** Of the input and its parts; what payloads have in them is theirs. */
function deepWithoutNulls(input: unknown): unknown {
  const { jobs, onComplete, ...rest } = (withoutNulls(input) ?? {}) as Record<string, unknown>;
  return {
    ...rest,
    ...(Array.isArray(jobs) ? { jobs: jobs.map(withoutNulls) } : {}),
    ...(onComplete === undefined ? {} : { onComplete: withoutNulls(onComplete) }),
  };
}
