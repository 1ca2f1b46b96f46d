import type {} from "postgraphile";
import type { PgClass, PgConstraint } from "postgraphile/graphile-build-pg/pg-introspection";

const organizationColumn = "organization_id";

type TenantSchemaOptions = {
  /** Name of the PostGraphile service; others in the same schema are left as they are. */
  service: string;
  /** Whether columns named `id` keep their name: not beside a Node interface, whose field that is. */
  plainIds: boolean;
};

/**
 * Makes the GraphQL schema one of a tenant's world. Keys there are composite, `(organization_id, id)`, so that no row
 * can point into another organization; inside one the first half is always the same. It is dropped from keys here, so
 * that fields read `job(id:)` and `testRun.results`; the database still adds it to each condition by its policies.
 * What is tagged `@behavior -*`, and partitions, are left out before anything is built on them.
 */
export function tenantSchemaPlugin({ service, plainIds }: TenantSchemaOptions): GraphileConfig.Plugin {
  return {
    name: "RowlockTenantSchemaPlugin",
    version: "0.1.0",
    after: ["PgFakeConstraintsPlugin"],
    inflection: {
      // Simplify-inflection replaces this one and complains where there are no nodes.
      ...(plainIds ? { add: { nodeById: (_preset, typeName: string) => `${typeName}ByNodeId` } } : {}),
      replace: {
        _attributeName(previous, _preset, details) {
          const plain = plainIds && details.codec.extensions?.pg?.serviceName === service;
          return previous?.(plain ? { ...details, skipRowId: true } : details) ?? details.attributeName;
        },
      },
    },
    gather: {
      hooks: {
        pgIntrospection_introspection(_info, { introspection, serviceName }) {
          if (serviceName !== service) return;
          const hidden = new Set(introspection.classes.filter(isHidden).map((entity) => entity._id));
          introspection.classes = introspection.classes.filter((entity) => !hidden.has(entity._id));
          introspection.constraints = introspection.constraints.filter(
            ({ conrelid, confrelid }) => !hidden.has(conrelid ?? "") && !hidden.has(confrelid ?? ""),
          );
          for (const constraint of introspection.constraints) implyOrganization(constraint);
        },
      },
    },
    schema: {
      entityBehavior: {
        pgCodecAttribute: {
          inferred: {
            provides: ["rowlockTenant"],
            callback(behavior, [codec, attributeName]) {
              const ours = codec.extensions?.pg?.serviceName === service;
              if (!ours || attributeName !== organizationColumn) return behavior;
              const hasDefault = codec.attributes[attributeName]?.hasDefault === true;
              // The claims fill it; it is asked for only where the table's author gave no default.
              return [behavior, "-attribute:update", ...(hasDefault ? (["-attribute:insert"] as const) : [])];
            },
          },
        },
        // A key over a column that a tenant may not read, such as the hash of a secret, is none to look rows up by.
        pgResourceUnique: {
          inferred: {
            provides: ["rowlockTenant"],
            callback(behavior, [resource, unique]) {
              const readable = unique.attributes.every(
                (name) => resource.codec.attributes?.[name]?.extensions?.canSelect !== false,
              );
              return readable ? behavior : [behavior, "-*"];
            },
          },
        },
      },
    },
  };
}

function isHidden(entity: PgClass): boolean {
  if (entity.relispartition) return true;
  const { behavior } = entity.getTags();
  return behavior === "-*" || (Array.isArray(behavior) && behavior.includes("-*"));
}

function implyOrganization(constraint: PgConstraint): void {
  const { contype, conkey, confkey } = constraint;
  if (conkey === null || conkey.length < 2 || !["p", "u", "f"].includes(contype)) return;
  const local = constraint.getAttributes();
  const foreign = contype === "f" ? constraint.getForeignAttributes() : undefined;
  const at = local?.findIndex((attribute) => attribute.attname === organizationColumn) ?? -1;
  if (local === undefined || at < 0) return;
  if (contype === "f" && foreign?.[at]?.attname !== organizationColumn) return;
  const without = <T>(list: readonly T[]) => list.filter((_, index) => index !== at);
  constraint.conkey = without(conkey);
  constraint.getAttributes = () => without(local);
  if (confkey !== null && foreign !== undefined) {
    constraint.confkey = without(confkey);
    constraint.getForeignAttributes = () => without(foreign);
  }
}
