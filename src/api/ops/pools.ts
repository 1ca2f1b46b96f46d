import type { Pool } from "pg";
import { context, lambda } from "postgraphile/grafast";
import { extendSchema, gql } from "postgraphile/utils";

/** Pools by the name under which operators see them. */
export type WatchedPools = Readonly<Record<string, Pool>>;

/** `databaseHealth.poolWaits`: the connections of the process that answers, which the database cannot tell. */
export function poolsPlugin(pools: WatchedPools): GraphileConfig.Plugin {
  const look = () =>
    Object.entries(pools).map(([name, pool]) => ({
      name,
      size: pool.options.max ?? 0,
      open: pool.totalCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
    }));
  return extendSchema({
    typeDefs: gql`
      "A pool of connections of the API process that answers. waiting: requests that wait for a connection; above 0 for long, the pool is too small or statements take too long."
      type PoolWait {
        name: String!
        "The most connections it may have."
        size: Int!
        open: Int!
        idle: Int!
        waiting: Int!
      }
      extend type DatabaseHealth {
        "Of the API process that answers; what waits in workers is in workers.poolWaiting."
        poolWaits: [PoolWait!]!
      }
    `,
    objects: {
      DatabaseHealth: {
        plans: {
          // Of the context, which each request has its own of: the counts are those of its moment.
          poolWaits: () => lambda(context(), look, true),
        },
      },
    },
  });
}
