import {
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getVariableValues,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  valueFromAST,
} from "postgraphile/graphql";
import { limitError } from "./limits.ts";

/** Rows of a connection that says nothing, and the most one may ask for. */
export const pageSize = { default: 50, max: 100 } as const;

type Variables = Readonly<Record<string, unknown>>;
type Question = {
  schema: GraphQLSchema;
  operation: OperationDefinitionNode;
  fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  variables: Variables;
};

/**
 * How many rows an operation may read: each connection's page times the pages it lies within, summed. Variables are
 * already values here, which is why this is no validation rule.
 * @throws GraphQLError with code QUERY_LIMIT for a page over the maximum
 */
export function costOf(question: Question): number {
  const { schema, operation } = question;
  const root = schema.getRootType(operation.operation);
  if (root === undefined || root === null) return 0;
  const rawVariables = getVariableValues(
    schema,
    operation.variableDefinitions ?? [],
    { ...question.variables },
    { maxErrors: 1 },
  );
  // Wrong variables are refused by execution, with their own message.
  if (rawVariables.errors !== undefined) return 0;
  const counter = new Counter({ ...question, variables: rawVariables.coerced });
  return counter.within(operation.selectionSet, root);
}

class Counter {
  readonly #question: Question;
  /** A fragment costs the same wherever it is spread: without this, fragments within fragments take for ever. */
  readonly #fragments = new Map<string, number>();

  constructor(question: Question) {
    this.#question = question;
  }

  within(selections: SelectionSetNode, type: GraphQLCompositeType): number {
    let cost = 0;
    for (const selection of selections.selections) {
      if (selection.kind === Kind.FIELD) {
        const field =
          isObjectType(type) || isInterfaceType(type) ? type.getFields()[selection.name.value] : undefined;
        if (field === undefined) continue;
        const pages = this.#pageOf(field, selection.arguments ?? []);
        const inner = getNamedType(field.type);
        const below =
          selection.selectionSet !== undefined && isCompositeType(inner)
            ? this.within(selection.selectionSet, inner)
            : 0;
        cost += pages === undefined ? below : pages * (1 + below);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        cost += this.within(
          selection.selectionSet,
          this.#typeNamed(selection.typeCondition?.name.value) ?? type,
        );
      } else {
        cost += this.#fragment(selection.name.value, type);
      }
    }
    return cost;
  }

  #fragment(name: string, type: GraphQLCompositeType): number {
    const known = this.#fragments.get(name);
    if (known !== undefined) return known;
    const fragment = this.#question.fragments.get(name);
    if (fragment === undefined) return 0;
    const cost = this.within(
      fragment.selectionSet,
      this.#typeNamed(fragment.typeCondition.name.value) ?? type,
    );
    this.#fragments.set(name, cost);
    return cost;
  }

  #typeNamed(name: string | undefined): GraphQLCompositeType | undefined {
    const type = name === undefined ? undefined : this.#question.schema.getType(name);
    return isCompositeType(type) ? type : undefined;
  }

  /** Rows of a paged field; undefined for one that is not paged. */
  #pageOf(
    field: GraphQLField<unknown, unknown>,
    args: NonNullable<Extract<SelectionSetNode["selections"][number], { kind: Kind.FIELD }>["arguments"]>,
  ): number | undefined {
    const definitions = field.args.filter(({ name }) => name === "first" || name === "last");
    if (!definitions.some(({ name }) => name === "first")) return undefined;
    const sizes = definitions.flatMap((definition) => {
      const given = args.find((argument) => argument.name.value === definition.name);
      if (given === undefined) return [];
      const value = valueFromAST(given.value, definition.type, { ...this.#question.variables });
      if (typeof value !== "number") return [];
      if (value > pageSize.max || value < 0) {
        throw limitError(
          `${field.name}(${definition.name}: ${value}) is out of bounds.`,
          `A page has at most ${pageSize.max} rows; follow pageInfo.endCursor for more.`,
        );
      }
      return [value];
    });
    return sizes.length === 0 ? pageSize.default : Math.max(...sizes);
  }
}
