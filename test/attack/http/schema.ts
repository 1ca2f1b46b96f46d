import {
  buildClientSchema,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getIntrospectionQuery,
  getNamedType,
  type IntrospectionQuery,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isNonNullType,
  isObjectType,
} from "postgraphile/graphql";
import type { Person, World } from "../../api/support.ts";

export type Field = GraphQLField<unknown, unknown>;

/** The schema as the API shows it to a member. */
export async function introspect(world: World, who: Person): Promise<GraphQLSchema> {
  const { data } = await world.graphql(who, getIntrospectionQuery());
  return buildClientSchema(data as unknown as IntrospectionQuery);
}

export function fieldsOf(type: GraphQLObjectType | undefined | null): Field[] {
  return Object.values(type?.getFields() ?? {});
}

/** Root fields that list rows, with the type of their rows. */
export function connections(schema: GraphQLSchema): { field: Field; node: GraphQLObjectType }[] {
  return fieldsOf(schema.getQueryType()).flatMap((field) => {
    const node = nodeOf(field);
    return node === undefined ? [] : [{ field, node }];
  });
}

function nodeOf(field: Field): GraphQLObjectType | undefined {
  const type = getNamedType(field.type);
  if (!isObjectType(type) || !type.name.endsWith("Connection")) return undefined;
  const node = getNamedType(type.getFields().nodes?.type);
  return isObjectType(node) ? node : undefined;
}

/** Everything of a row, and of the rows it leads to, `depth` steps far. */
export function selectAll(type: GraphQLObjectType, depth: number): string {
  const parts = fieldsOf(type).flatMap((field) => {
    if (field.args.some((arg) => isNonNullType(arg.type))) return [];
    const target = getNamedType(field.type);
    if (isLeafType(target)) return [field.name];
    if (depth === 0 || !isObjectType(target)) return [];
    const node = nodeOf(field);
    if (node === undefined) return [`${field.name} { ${selectAll(target, depth - 1)} }`];
    return [`${field.name}(first: 10) { totalCount nodes { ${selectAll(node, depth - 1)} } }`];
  });
  return parts.length > 0 ? parts.join(" ") : "__typename";
}

/** What a mutation's payload has beside the way back to the whole schema. */
export function payloadOf(mutation: Field): string {
  const type = getNamedType(mutation.type);
  if (!isObjectType(type)) return "__typename";
  const parts = fieldsOf(type)
    .filter(
      ({ name, args }) =>
        !["query", "clientMutationId"].includes(name) && !name.endsWith("Edge") && args.length === 0,
    )
    .map(({ name, type: inner }) => (isLeafType(getNamedType(inner)) ? name : `${name} { __typename }`));
  return ["__typename", ...parts].join(" ");
}

/** Values of the field's `orderBy`. */
export function orders(field: Field): string[] {
  const type = getNamedType(field.args.find((arg) => arg.name === "orderBy")?.type);
  return isEnumType(type) ? type.getValues().map((value) => value.name) : [];
}

/** Filters that would find another's rows: by text, by id, and through every relation. */
export function filters(field: Field, text: string, ids: readonly string[]): string[] {
  const type = getNamedType(field.args.find((arg) => arg.name === "filter")?.type);
  return isInputObjectType(type) ? filterInputs(Object.values(type.getFields()), text, ids, 2) : [];
}

function filterInputs(
  fields: GraphQLInputField[],
  text: string,
  ids: readonly string[],
  depth: number,
): string[] {
  return fields.flatMap(({ name, type }) => {
    const target = getNamedType(type);
    if (!isInputObjectType(target)) return [];
    if (target.name === "StringFilter") return [`{ ${name}: { includes: ${JSON.stringify(text)} } }`];
    if (target.name === "UUIDFilter") return [`{ ${name}: { in: ${JSON.stringify(ids)} } }`];
    if (depth === 0 || ["and", "or", "not", "none", "every"].includes(name)) return [];
    const inner = filterInputs(Object.values(target.getFields()), text, ids, depth - 1);
    return inner.map((one) => `{ ${name}: ${one} }`);
  });
}

/**
 * An input for a mutation: ids are given by `idFor`, everything else is a plain value.
 * @returns undefined when it holds no id at all
 */
export function inputFor(field: Field, idFor: (name: string) => string): string | undefined {
  let ids = 0;
  const fill = (name: string, type: GraphQLInputField["type"], owner: string): string | undefined => {
    const target = getNamedType(type);
    const inList = String(type).startsWith("[") ? (value: string) => `[${value}]` : (value: string) => value;
    if (isInputObjectType(target)) {
      const inner = Object.values(target.getFields()).flatMap((one) => {
        const value = fill(one.name, one.type, name);
        return value === undefined ? [] : [`${one.name}: ${value}`];
      });
      return inList(`{ ${inner.join(", ")} }`);
    }
    // A new row may have any id: it is another row than the other's of the same id.
    if (name === "id" && field.name.startsWith("create")) return undefined;
    if (target.name === "UUID") {
      ids += 1;
      return inList(JSON.stringify(idFor(name === "id" ? `${owner} id` : name)));
    }
    if (!isNonNullType(type)) return undefined;
    if (isEnumType(target)) return inList(target.getValues()[0]?.name ?? "");
    if (target.name === "Int" || target.name === "Float") return inList("1");
    if (target.name === "Boolean") return inList("true");
    if (target.name === "JSON") return inList("{}");
    return inList('"x"');
  };
  const parts = field.args.map((arg) => `${arg.name}: ${fill(arg.name, arg.type, field.name)}`);
  return ids > 0 ? parts.join(", ") : undefined;
}
