import { LIST_TYPES } from "postgraphile/@dataplan/pg";
import { type FieldArgs, get, lambda, object, type Step } from "postgraphile/grafast";
import { extendSchema, gql } from "postgraphile/utils";
import { kernelResource } from "./resource.ts";

/**
 * `type Subscription`. Its fields are never subscribed to by grafast: the hub reads their selection again whenever
 * something has changed, with the change as the root value (src/api/live).
 */
export function subscriptionsPlugin(service = "main"): GraphileConfig.Plugin {
  return extendSchema((build) => {
    const jobs = kernelResource(build, service, "jobs");
    const batches = kernelResource(build, service, "batches");
    const share = kernelResource(build, service, "current_share");
    if (jobs === undefined || batches === undefined || share === undefined) return { typeDefs: [] };
    const { inflection, sql } = build;
    return {
      typeDefs: gql`
        "Jobs of the organization that have changed, gathered for a quarter of a second."
        type JobChanges {
          "Jobs launched, begun, progressed or ended, as they are now."
          jobs: [${inflection.tableType(jobs.codec)}!]!
          "Some changes could not be told one by one: read again what you show."
          resync: Boolean!
        }
        extend type Subscription {
          "A job: as it is now, and after each change of it."
          job(id: UUID!): ${inflection.tableType(jobs.codec)}
          "A batch: as it is now, and after each change of its counts."
          batch(id: UUID!): ${inflection.tableType(batches.codec)}
          "What the organization has of the system: as it is now, and when it is otherwise."
          share: ${inflection.tableType(share.codec)}
          "Whatever happens to jobs of the organization, from now on."
          jobChanges: JobChanges
        }
      `,
      objects: {
        Subscription: {
          plans: {
            job: watchRow(jobs),
            batch: watchRow(batches),
            share: { plan: () => (share as unknown as { execute(): Step }).execute() },
            jobChanges: {
              plan: ($event: Step) => object({ ids: get($event, "ids"), resync: get($event, "resync") }),
            },
          },
        },
        JobChanges: {
          plans: {
            jobs($change: Step) {
              const $jobs = jobs.find();
              const $ids = lambda(get($change, "ids"), (ids) => ids ?? [], true);
              $jobs.where(sql`${$jobs.alias}.id = any(${$jobs.placeholder($ids, LIST_TYPES.uuid)})`);
              return $jobs;
            },
            resync: ($change: Step) => get($change, "resync"),
          },
        },
      },
    };
  });
}

/**
 * The plan of a subscription's field that watches one row: for applications that add their own. As an object, since a mere
 * function would be taken for a plan of subscribing.
 */
export function watchRow(resource: { get(key: { id: Step }): Step }) {
  return {
    plan: (_$event: Step, fieldArgs: FieldArgs): Step => resource.get({ id: fieldArgs.getRaw("id") as Step }),
  };
}
