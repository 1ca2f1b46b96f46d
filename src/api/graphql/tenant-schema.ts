import type {} from "postgraphile";
import type { PgClass, PgConstraint, PgProc } from "postgraphile/graphile-build-pg/pg-introspection";

const organizationColumn = "organization_id";

type TenantSchemaOptions = {
  /** Name of the PostGraphile service; others in the same schema are left as they are. */
  service: string;
  /** Its schemas: a name that several have goes to the first without a prefix. */
  schemas: readonly string[];
  /** Whether columns named `id` keep their name: not beside a Node interface, whose field that is. */
  plainIds: boolean;
};

/**
 * Makes the GraphQL schema one of a tenant's world. Keys there are composite, `(organization_id, id)`, so that no row
 * can point into another organization; inside one the first half is always the same. It is dropped from keys here, so
 * that fields read `job(id:)` and `testRun.results`; the database still adds it to each condition by its policies.
 * What is tagged `@behavior -*`, and partitions, are left out before anything is built on them.
 */
export function tenantSchemaPlugin(options: TenantSchemaOptions): GraphileConfig.Plugin {
  const { service, schemas, plainIds } = options;
  const tables = new Names(schemas);
  const functions = new Names(schemas);
  // A service of another name keeps its prefix, and a name given by a smart tag is the author's own.
  const mayBePlain = (details: { serviceName: string }, names: Names, entity: PgClass | PgProc) =>
    service === "main" &&
    details.serviceName === service &&
    nameTag(entity) === undefined &&
    names.owns(entity);
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
        // Graphile puts every schema's name but the first's before each name; here only where two would clash.
        tableResourceName(previous, _preset, details) {
          const usual = previous?.(details) ?? details.pgClass.relname;
          return mayBePlain(details, tables, details.pgClass) ? details.pgClass.relname : usual;
        },
        classCodecName(previous, _preset, details) {
          const usual = previous?.(details) ?? details.pgClass.relname;
          return mayBePlain(details, tables, details.pgClass)
            ? this.camelCase(details.pgClass.relname)
            : usual;
        },
        functionResourceName(previous, _preset, details) {
          const usual = previous?.(details) ?? details.pgProc.proname;
          return mayBePlain(details, functions, details.pgProc) ? details.pgProc.proname : usual;
        },
      },
    },
    gather: {
      hooks: {
        pgIntrospection_introspection({ inflection }, { introspection, serviceName }) {
          if (serviceName !== service) return;
          const hidden = new Set(introspection.classes.filter(isHidden).map((entity) => entity._id));
          introspection.classes = introspection.classes.filter((entity) => !hidden.has(entity._id));
          introspection.constraints = introspection.constraints.filter(
            ({ conrelid, confrelid }) => !hidden.has(conrelid ?? "") && !hidden.has(confrelid ?? ""),
          );
          for (const constraint of introspection.constraints) implyOrganization(constraint);
          for (const entity of introspection.classes) {
            tables.add(entity, inflection.singularize(nameTag(entity) ?? entity.relname));
          }
          for (const entity of introspection.procs) functions.add(entity, entity.proname);
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

/** Which schema a name belongs to, when several have it. */
class Names {
  readonly #schemas: readonly string[];
  readonly #owners = new Map<string, string>();
  readonly #plain = new WeakMap<PgClass | PgProc, string>();

  constructor(schemas: readonly string[]) {
    this.#schemas = schemas;
  }

  add(entity: PgClass | PgProc, name: string): void {
    const schema = entity.getNamespace()?.nspname ?? "";
    const rank = this.#schemas.indexOf(schema);
    if (rank < 0) return;
    this.#plain.set(entity, name);
    const owner = this.#owners.get(name);
    if (owner === undefined || rank < this.#schemas.indexOf(owner)) this.#owners.set(name, schema);
  }

  owns(entity: PgClass | PgProc): boolean {
    const name = this.#plain.get(entity);
    return name !== undefined && this.#owners.get(name) === entity.getNamespace()?.nspname;
  }
}

function nameTag(entity: PgClass | PgProc): string | undefined {
  const { name } = entity.getTags();
  return typeof name === "string" ? name : undefined;
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
