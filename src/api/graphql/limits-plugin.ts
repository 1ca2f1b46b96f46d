import { constant, lambda, type Step } from "postgraphile/grafast";
import type {} from "postgraphile/grafserv";
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  getOperationAST,
  Kind,
} from "postgraphile/graphql";
import { costOf, pageSize } from "./cost.ts";
import { limitError, limitRules, type QueryLimits } from "./limits.ts";

/** Bounds on what one query may ask for, which PostGraphile itself does not have. */
export function limitsPlugin(limits: QueryLimits): GraphileConfig.Plugin {
  return {
    name: "RowlockLimitsPlugin",
    version: "0.1.0",
    after: ["PgFirstLastBeforeAfterArgsPlugin"],
    grafserv: {
      middleware: {
        setPreset(next, event) {
          event.validationRules.push(...limitRules(limits));
          return next();
        },
      },
    },
    grafast: {
      middleware: {
        execute(next, { args }) {
          const refusal = costRefusal(args, limits.GRAPHQL_MAX_COST);
          return refusal === undefined ? next() : { errors: [refusal] };
        },
      },
    },
    schema: {
      hooks: {
        // A connection that asks for no number of rows gets a page and not the whole table.
        GraphQLObjectType_fields_field(field, _build, { scope }) {
          const { plan } = field;
          if (scope.isPgFieldConnection !== true || plan === undefined) return field;
          return {
            ...field,
            plan(...parameters) {
              const $connection = plan(...parameters);
              const [, fieldArgs] = parameters;
              // A function's rows have no order to be read from the end in, so its field has no `last`.
              const $last = (fieldArgs.getRaw("last") as Step | undefined) ?? constant(null);
              const $size = lambda([fieldArgs.getRaw("first"), $last], sizeOfPage, true);
              ($connection as unknown as { setFirst($first: typeof $size): void }).setFirst($size);
              return $connection;
            },
          };
        },
        GraphQLObjectType_fields_field_args(args, build, { scope }) {
          const { first } = args;
          if (scope.isPgFieldConnection !== true || first === undefined) return args;
          const { applyPlan: _replaced, ...rest } = first;
          return {
            ...args,
            first: {
              ...rest,
              description: build.wrapDescription(
                `Only read the first \`n\` values of the set: at most ${pageSize.max}, and ${pageSize.default} when not given.`,
                "arg",
              ),
            },
          };
        },
      },
    },
  };
}

/** Refused above the maximum before execution; here it is only made sure of. */
function sizeOfPage([first, last]: readonly [unknown, unknown]): number | null {
  if (typeof first === "number") return Math.min(first, pageSize.max);
  return typeof last === "number" ? null : pageSize.default;
}

/** Why an operation is refused whose page sizes, or whose rows in all, are over their bounds. */
export function costRefusal(
  args: Pick<Grafast.ExecutionArgs, "schema" | "document" | "operationName" | "variableValues">,
  most: number,
): GraphQLError | undefined {
  const operation = getOperationAST(args.document, args.operationName);
  if (operation === null || operation === undefined) return undefined;
  try {
    const cost = costOf({
      schema: args.schema,
      operation,
      fragments: fragmentsOf(args.document),
      variables: args.variableValues ?? {},
    });
    if (cost <= most) return undefined;
    return limitError(
      `The query may read ${cost} rows; at most ${most} are allowed.`,
      "Ask for smaller pages (first), or for fewer lists within lists.",
    );
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}

function fragmentsOf(document: DocumentNode): Map<string, FragmentDefinitionNode> {
  return new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
    ),
  );
}
