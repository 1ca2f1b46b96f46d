import { TYPES } from "postgraphile/@dataplan/pg";
import { get, object, type Step } from "postgraphile/grafast";
import { extendSchema, gql } from "postgraphile/utils";
import { findJobIds } from "../../jobs/index.ts";
import { findRequest, toFind } from "../find-request.ts";
import { parseWith } from "../launch-request.ts";
import { kernelResource, withoutNulls } from "./resource.ts";
import { tenantQuery } from "./tenant-query.ts";

const names = [
  "text",
  "states",
  "tasks",
  "key",
  "tag",
  "batchId",
  "errorFingerprint",
  "launchedAfter",
  "launchedBefore",
  "before",
  "first",
] as const;

/** `query { findJobs(text: "refused", states: ["failed"]) { jobs { id } next searchedTo } }`, and `Job.tags`. */
export function findJobsPlugin(service = "main"): GraphileConfig.Plugin {
  return extendSchema((build) => {
    const jobs = kernelResource(build, service, "jobs");
    if (jobs === undefined) return { typeDefs: [] };
    const { sql } = build;
    const jobType = build.inflection.tableType(jobs.codec);
    return {
      typeDefs: gql`
        type FoundJobs {
          "Newest first. May be fewer than asked for, even none, though there are more: go on with next."
          jobs: [${jobType}!]!
          "Pass it as before to go on; null when all has been looked at."
          next: String
          "All that was launched later has been looked at; null when all has been."
          searchedTo: Datetime
        }
        extend type ${jobType} {
          "Words that its launch gave it, to find it by."
          tags: [String!]!
        }
        extend type Query {
          "Jobs that fit every condition given, newest first. What no index serves is looked for in bounded time (some 150 ms)."
          findJobs(
            "Is part of the payload, the result, the error message, the key or the progress note, in whatever case."
            text: String
            states: [String!]
            tasks: [String!]
            key: String
            tag: String
            batchId: UUID
            errorFingerprint: String
            launchedAfter: Datetime
            launchedBefore: Datetime
            "next of the page before."
            before: String
            "At most 100, and 50 when not given."
            first: Int
          ): FoundJobs
        }
      `,
      objects: {
        Query: {
          plans: {
            findJobs(_root, fieldArgs) {
              const $asked = object(
                Object.fromEntries(names.map((name) => [name, fieldArgs.getRaw(name) as Step])),
              );
              const $found = tenantQuery(
                build,
                $asked as Step<unknown>,
                async (tx, asked) => {
                  const given = withoutNulls(withoutUndefined(asked));
                  return await findJobIds(tx, toFind(parseWith(findRequest, given, "field")));
                },
                service,
              );
              return $found;
            },
          },
        },
        FoundJobs: {
          plans: {
            jobs($found: Step) {
              const $jobs = jobs.find();
              const $ids = get($found, "ids");
              $jobs.where(
                sql`${$jobs.alias}.id = any(${$jobs.placeholder($ids as Step<string[]>, build.dataplanPg.listOfCodec(TYPES.uuid))})`,
              );
              $jobs.orderBy({ attribute: "id", direction: "DESC" });
              return $jobs;
            },
            next: ($found: Step) => get($found, "next"),
            searchedTo: ($found: Step) => get($found, "searchedTo"),
          },
        },
        [jobType]: {
          plans: { tags: ($job: Step) => ($job as unknown as { get(name: string): Step }).get("tags") },
        },
      },
    };
  });
}

const withoutUndefined = (input: unknown): unknown =>
  Object.fromEntries(Object.entries(input ?? {}).filter(([, value]) => value !== undefined));
