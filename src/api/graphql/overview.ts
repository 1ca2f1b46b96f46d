import { constant, type Step } from "postgraphile/grafast";
import { extendSchema, gql } from "postgraphile/utils";
import { countJobs, readOverview } from "../../jobs/index.ts";
import { kernelResource } from "./resource.ts";
import { tenantQuery } from "./tenant-query.ts";

/** `query { overview(minutes: 60) { states { state jobs } } }`. */
export function overviewPlugin(service = "main"): GraphileConfig.Plugin {
  return extendSchema((build) => {
    if (kernelResource(build, service, "jobs") === undefined) return { typeDefs: [] };
    return {
      typeDefs: gql`
        type OverviewState { state: String! jobs: Int! }
        type OverviewMinute { minute: Datetime! succeeded: Int! failed: Int! cancelled: Int! }
        "Milliseconds, at most a tenth off; null when nothing ended."
        type OverviewPercentiles { p50: Float p95: Float p99: Float }
        "Failed jobs whose errors differ only in numbers, ids and quoted texts."
        type OverviewError {
          fingerprint: String!
          task: String!
          code: String!
          "Of the job that failed last."
          message: String
          jobs: Int!
          lastAt: Datetime!
          lastJobId: UUID!
        }
        "What the organization's jobs do."
        type Overview {
          "Jobs by state, now; states without any are left out."
          states: [OverviewState!]!
          "How many ended in each minute, oldest first; the last is the one under way."
          perMinute: [OverviewMinute!]!
          "From being due to being begun, of jobs that ended in these minutes."
          wait: OverviewPercentiles!
          "From being begun to the end."
          run: OverviewPercentiles!
          "Null when none waits."
          oldestWaitingSeconds: Float
          "At most 20, the newest first: of the newest 500 failed jobs, those that failed in these minutes."
          errors: [OverviewError!]!
        }
        extend type Query {
          "What the organization's jobs do, over the last minutes: 1 to 1,440."
          overview(minutes: Int = 60): Overview
        }
      `,
      objects: {
        Overview: {
          // Beside the rest: of a million jobs each takes a tenth of a second.
          plans: { states: () => tenantQuery(build, constant(null), (tx) => countJobs(tx), service) },
        },
        Query: {
          plans: {
            overview: (_root, fieldArgs) =>
              tenantQuery(
                build,
                fieldArgs.getRaw("minutes") as Step<unknown>,
                async (tx, minutes) => await readOverview(tx, typeof minutes === "number" ? minutes : 60),
                service,
              ),
          },
        },
      },
    };
  });
}
