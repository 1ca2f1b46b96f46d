import { get, object, type Step } from "postgraphile/grafast";
import { extendSchema, gql } from "postgraphile/utils";
import { launchJob, launchOnce } from "../../jobs/index.ts";
import { idempotencyKey, launchOptions, launchRequest, parseWith } from "../launch-request.ts";
import { noteChanged } from "../request.ts";
import { kernelResource, withoutNulls } from "./resource.ts";
import { tenantMutation } from "./tenant-mutation.ts";

const graphqlRequest = launchRequest.safeExtend({ idempotencyKey: idempotencyKey.optional() });

/** `mutation { launchJob(input: { task, payload }) { job { id state } } }`: one transaction, the payload checked in it. */
export function launchJobPlugin(service = "main"): GraphileConfig.Plugin {
  return extendSchema((build) => {
    const jobs = kernelResource(build, service, "jobs");
    if (jobs === undefined) return { typeDefs: [] };
    const jobType = build.inflection.tableType(jobs.codec);
    return {
      typeDefs: gql`
        input LaunchJobInput {
          "Name of a task in the catalogue."
          task: String!
          "Must fit the task's input schema. An empty object if not given."
          payload: JSON
          "Among unfinished jobs of the task one has a key; keyMode says which."
          key: String
          "keep (default): the unfinished job stays and is returned. replace: while it has not begun, this one takes its place, at its time. debounce: the same, and its time starts anew."
          keyMode: String
          "Not before this moment; at most 366 days ahead."
          runAt: Datetime
          "-100 to 100; lower runs first."
          priority: Int
          "Instead of the task's own number, 1 to 100."
          maxAttempts: Int
          "Failed if it has not ended by then."
          deadline: Datetime
          "A batch that is not complete: the job becomes one of it."
          batchId: UUID
          "Jobs of the organization: this one is blocked until all of them have ended."
          dependsOn: [UUID!]
          "What becomes of it when one of those does not succeed: cancel (default) or go on."
          ifFailed: String
          "Words to find the job by: at most 20, each of 1 to 50 characters."
          tags: [String!]
          "Sent again within 24 hours, the same launch with this key launches nothing and returns the job it launched."
          idempotencyKey: String
        }
        type LaunchJobPayload {
          "The job launched, or the unfinished one that had the key."
          job: ${jobType}
        }
        extend type Mutation {
          "Launches a job of the organization. The job exists if and only if this field succeeds."
          launchJob(input: LaunchJobInput!): LaunchJobPayload
        }
      `,
      objects: {
        Mutation: {
          plans: {
            launchJob(_root, fieldArgs) {
              const $id = tenantMutation(
                build,
                fieldArgs.getRaw("input") as Step<unknown>,
                async (tx, input) => {
                  const { idempotencyKey: once, ...request } = parseWith(
                    graphqlRequest,
                    withoutNulls(input),
                    "input",
                  );
                  const { jobIds } = await launchOnce(
                    tx,
                    { idempotencyKey: once, content: request },
                    async () => {
                      const { key } = request;
                      const options = { ...launchOptions(request), key };
                      return { jobIds: [await launchJob(tx, request.task, request.payload ?? {}, options)] };
                    },
                  );
                  noteChanged(jobIds);
                  return jobIds[0];
                },
                service,
              );
              return object({ id: $id });
            },
          },
        },
        LaunchJobPayload: {
          plans: {
            job: ($payload: Step) => jobs.get({ id: get($payload, "id") }),
          },
        },
      },
    };
  });
}
