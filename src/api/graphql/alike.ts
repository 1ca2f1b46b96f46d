import type { Pool } from "pg";
import {
  type DocumentNode,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isObjectType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "postgraphile/graphql";

/** Schemas whose policies and functions are ours: what they show depends on the organization and the role alone. */
const ours: ReadonlySet<string> = new Set(["rowlock", "evals"]);
const mark = "rowlockSchema";

/** Notes of each type of the schema which database schema its rows come from. */
export const OriginPlugin: GraphileConfig.Plugin = {
  name: "RowlockOriginPlugin",
  version: "0.1.0",
  schema: {
    hooks: {
      GraphQLObjectType(type, _build, { scope }) {
        const schema = scope.pgCodec?.extensions?.pg?.schemaName;
        if (schema === undefined || scope.isPgClassType !== true) return type;
        return { ...type, extensions: { ...type.extensions, [mark]: schema } };
      },
    },
  },
};

/** Whether a document shows the same to all who have the same role in an organization. */
export type AlikeForAll = (document: DocumentNode) => boolean;

/**
 * Makes the function that says whether what a document shows depends on the user. Of tables and functions of an
 * application nobody knows, so whatever reaches beyond the kernel's own types is read for each user.
 * @param schemas shown in GraphQL
 */
export async function alikeForAll(
  pool: Pool,
  schemas: readonly string[],
): Promise<(schema: GraphQLSchema) => AlikeForAll> {
  const others = schemas.filter((name) => !ours.has(name));
  if (others.length === 0) return () => () => true;
  // A function over a row of ours is a field of it.
  const { rows } = await pool.query<{ extended: boolean }>(
    `select exists (
       select from pg_catalog.pg_proc p
       join pg_catalog.pg_namespace n on n.oid = p.pronamespace
       join pg_catalog.pg_type t on t.oid = p.proargtypes[0] and t.typrelid <> 0
       join pg_catalog.pg_namespace tn on tn.oid = t.typnamespace
       where n.nspname = any($1::text[]) and tn.nspname = any($2::text[])) as extended`,
    [others, [...ours]],
  );
  if (rows[0]?.extended !== false) return () => () => false;
  return (schema) => (document) => {
    const info = new TypeInfo(schema);
    let alike = true;
    visit(
      document,
      visitWithTypeInfo(info, {
        Field() {
          const type = getNamedType(info.getType());
          if (!isCompositeType(type)) return;
          const origin = isObjectType(type) ? type.extensions[mark] : undefined;
          const isOurs = type.name === "JobChanges" || (typeof origin === "string" && ours.has(origin));
          if (!isOurs) alike = false;
        },
      }),
    );
    return alike;
  };
}
