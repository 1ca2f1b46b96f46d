import {
  type DefinitionNode,
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  type GraphQLSchema,
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  Kind,
  OperationTypeNode,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
} from "postgraphile/graphql";

/** What a client sent: one operation. */
export type Operation = {
  query: string;
  operationName?: string | null | undefined;
  variables?: Readonly<Record<string, unknown>> | null | undefined;
};

/** A subscription, as what is read again whenever something has changed. */
export type Watch = {
  /** The root field: job, batch, testRun, share, jobChanges. */
  field: string;
  /** Its name in the answer. */
  answersAs: string;
  /** The row it is about. */
  id: string | undefined;
  /** The same selection as a query: over a schema whose query type is the subscription type. */
  document: DocumentNode;
  /** Whoever has the same role in the organization sees the same: no table or function of others is reached. */
  alikeForAll: boolean;
  operation: Operation;
};

/** Words and signs of a text; as of queries. */
const mostTokens = 4_000;
const mostRemembered = 500;

export type WatchReader = (operation: Operation) => Watch | readonly GraphQLError[];

/** The bounds of queries, and what they allow. */
export type WatchRules = {
  schema: GraphQLSchema;
  /** Of the text. */
  rules: readonly ValidationRule[];
  /** Of the text with its variables. */
  tooDear(operation: {
    schema: GraphQLSchema;
    document: DocumentNode;
    operationName: string | undefined;
    variableValues: Record<string, unknown>;
  }): GraphQLError | undefined;
  /** Whether a document reaches nothing that depends on the user. */
  alikeForAll(document: DocumentNode): boolean;
};

/** Makes the function that reads a subscription: checked by the rules of queries, one plain root field. */
export function watchReader({ schema, rules, tooDear, alikeForAll }: WatchRules): WatchReader {
  type Known = { errors: readonly GraphQLError[] } | { document: DocumentNode; alike: boolean };
  const known = new Map<string, Known>();
  const read = (query: string): Known => {
    try {
      const document = parse(query, { maxTokens: mostTokens });
      const errors = validate(schema, document, [...specifiedRules, ...rules], { maxErrors: 10 });
      return errors.length > 0 ? { errors } : { document, alike: alikeForAll(document) };
    } catch (error) {
      if (error instanceof GraphQLError) return { errors: [error] };
      throw error;
    }
  };
  // Documents are kept, as plans are made for each: many watch by the same text.
  const queries = new WeakMap<DocumentNode, Map<string, DocumentNode>>();

  return (operation) => {
    const found = known.get(operation.query) ?? read(operation.query);
    if (known.size >= mostRemembered) known.clear();
    known.set(operation.query, found);
    if ("errors" in found) return found.errors;
    const definition = getOperationAST(found.document, operation.operationName);
    if (definition === null || definition === undefined) {
      return [refuse("The operation is not in the text, or there are several. Name one by operationName.")];
    }
    if (definition.operation !== OperationTypeNode.SUBSCRIPTION) {
      return [refuse("Only subscriptions are served here. Send queries and mutations by POST to /graphql.")];
    }
    const [root] = definition.selectionSet.selections;
    if (root?.kind !== Kind.FIELD || (root.directives ?? []).length > 0) {
      return [refuse("The one field of a subscription stands there itself: no fragment and no directive.")];
    }
    const variables = getVariableValues(
      schema,
      definition.variableDefinitions ?? [],
      { ...operation.variables },
      { maxErrors: 10 },
    );
    if (variables.errors !== undefined) return variables.errors;
    const refusal = tooDear({
      schema,
      document: found.document,
      operationName: operation.operationName ?? undefined,
      variableValues: { ...operation.variables },
    });
    if (refusal !== undefined) return [refusal];
    const id = idOf(schema, root, variables.coerced);
    if (id instanceof GraphQLError) return [id];

    const name = definition.name?.value ?? "";
    const made = queries.get(found.document) ?? new Map<string, DocumentNode>();
    queries.set(found.document, made);
    const document = made.get(name) ?? asQuery(found.document, definition);
    made.set(name, document);
    return {
      field: root.name.value,
      answersAs: root.alias?.value ?? root.name.value,
      id,
      document,
      alikeForAll: found.alike,
      operation,
    };
  };
}

function idOf(
  schema: GraphQLSchema,
  root: FieldNode,
  variables: Record<string, unknown>,
): string | undefined | GraphQLError {
  const field = schema.getSubscriptionType()?.getFields()[root.name.value];
  if (field === undefined) return undefined;
  try {
    const { id } = getArgumentValues(field, root, variables);
    return typeof id === "string" ? id.toLowerCase() : undefined;
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}

function asQuery(document: DocumentNode, definition: DefinitionNode): DocumentNode {
  return {
    ...document,
    definitions: document.definitions.flatMap((each): DefinitionNode[] => {
      if (each.kind === Kind.FRAGMENT_DEFINITION) return [each];
      if (each !== definition || each.kind !== Kind.OPERATION_DEFINITION) return [];
      return [{ ...each, operation: OperationTypeNode.QUERY }];
    }),
  };
}

function refuse(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: "INVALID_BODY" } });
}
