import "../graphql/graphile-env.ts";
import { PgSimplifyInflectionPreset } from "@graphile/simplify-inflection";
import type { Pool } from "pg";
import { makePgService } from "postgraphile/adaptors/pg";
import type { GraphQLError } from "postgraphile/graphql";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { PostGraphileConnectionFilterPreset } from "postgraphile-plugin-connection-filter";
import type { Operator } from "../../tenancy/index.ts";
import type { QueryLimits } from "../graphql/limits.ts";
import { limitsPlugin } from "../graphql/limits-plugin.ts";
import { planningMs } from "../graphql/preset.ts";
import { tenantSchemaPlugin } from "../graphql/tenant-schema.ts";
import { withoutNodes } from "../graphql/without-nodes.ts";
import { poolsPlugin, type WatchedPools } from "./pools.ts";

/** The kernel's own; what an application's tables hold is no operator's to see. */
const schemas = ["rowlock"];

export type OperatorPresetOptions = {
  /** Connections of the login rowlock_ops. */
  pool: Pool;
  /** Whose waits operators see. */
  watched: WatchedPools;
  limits: QueryLimits;
  statementTimeoutMs: number;
  /** Who sent the request; undefined for nobody, who then has no rights at all: the login does not inherit. */
  operator: (context: Partial<Grafast.RequestContext>) => Operator | undefined;
  maskError?: ((error: GraphQLError) => GraphQLError) | undefined;
};

/**
 * The PostGraphile preset of the operators' door: what the role rowlock_operator may see and edit, by the rights the
 * database gives it, with the names and the limits that tenants have.
 */
export function operatorPreset(options: OperatorPresetOptions): GraphileConfig.Preset {
  const { pool, watched, limits, statementTimeoutMs, operator, maskError } = options;
  return {
    extends: [PostGraphileAmberPreset, PgSimplifyInflectionPreset, PostGraphileConnectionFilterPreset],
    plugins: [
      tenantSchemaPlugin({ service: "main", schemas, plainIds: true }),
      limitsPlugin(limits),
      poolsPlugin(watched),
    ],
    disablePlugins: withoutNodes,
    pgServices: [
      makePgService({
        pool,
        schemas,
        pubsub: false,
        pgSettings: (context) => {
          const who = operator(context);
          if (who === undefined) return {};
          return {
            role: "rowlock_operator",
            statement_timeout: String(statementTimeoutMs),
            "rowlock.operator": who.name,
            "rowlock.source": "graphql",
          };
        },
      }),
    ],
    grafast: {
      explain: false,
      timeouts: { planning: planningMs, execution: statementTimeoutMs + planningMs },
    },
    ...(maskError === undefined ? {} : { grafserv: { maskError } }),
  };
}
