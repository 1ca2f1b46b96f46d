import "./graphile-env.ts";
import { PgSimplifyInflectionPreset } from "@graphile/simplify-inflection";
import type { GraphQLError } from "postgraphile/graphql";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { PostGraphileConnectionFilterPreset } from "postgraphile-plugin-connection-filter";
import { OriginPlugin } from "./alike.ts";
import { findJobsPlugin } from "./find-jobs.ts";
import { launchBatchPlugin } from "./launch-batch.ts";
import { launchJobPlugin } from "./launch-job.ts";
import type { QueryLimits } from "./limits.ts";
import { limitsPlugin } from "./limits-plugin.ts";
import { overviewPlugin } from "./overview.ts";
import { schedulesPlugin } from "./schedules.ts";
import { type ServiceOptions, tenantService } from "./service.ts";
import { subscriptionsPlugin } from "./subscriptions.ts";
import { tenantSchemaPlugin } from "./tenant-schema.ts";
import { withoutNodes } from "./without-nodes.ts";

export type PresetOptions = ServiceOptions & {
  /** Bounds on queries, over the whole schema; without them there are none. */
  limits?: QueryLimits | undefined;
  /** Masks errors; without it, Graphile's own does. */
  maskError?: ((error: GraphQLError) => GraphQLError) | undefined;
};

/** What stays in step with a slow database: a query that outlives its statements is given up. */
export const planningMs = 5_000;

/**
 * The PostGraphile preset over a Rowlock database: the tenant's schema, `launchJob`, `launchBatch`, schedules, limits, and a service whose every
 * fetch is a tenant transaction. Extend it, or put it into the `extends` of a preset with services of its own: give
 * the service a name then, and names of types and fields carry it (docs/adopting.md).
 */
export function rowlockPreset(options: PresetOptions): GraphileConfig.Preset {
  const { name: service = "main", limits, maskError, statementTimeoutMs } = options;
  const alone = service === "main";
  return {
    extends: [PostGraphileAmberPreset, PgSimplifyInflectionPreset, PostGraphileConnectionFilterPreset],
    plugins: [
      tenantSchemaPlugin({ service, schemas: options.schemas, plainIds: alone }),
      findJobsPlugin(service),
      overviewPlugin(service),
      launchJobPlugin(service),
      launchBatchPlugin(service),
      schedulesPlugin(service),
      ...(alone ? [subscriptionsPlugin(), OriginPlugin] : []),
      ...(limits === undefined ? [] : [limitsPlugin(limits)]),
    ],
    disablePlugins: alone ? withoutNodes : [],
    pgServices: [tenantService(options)],
    grafast: {
      explain: false,
      timeouts: { planning: planningMs, execution: statementTimeoutMs + planningMs },
    },
    ...(maskError === undefined ? {} : { grafserv: { maskError } }),
  };
}
