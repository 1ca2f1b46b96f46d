import { depthLimit } from "@graphile/depth-limit";
import {
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
  type ValidationRule,
} from "postgraphile/graphql";
import type { Settings } from "../../sdk/index.ts";

export type QueryLimits = Pick<Settings, "GRAPHQL_MAX_DEPTH" | "GRAPHQL_MAX_ALIASES" | "GRAPHQL_MAX_COST">;

/** Introspection is deeper than any query; it has a bound of its own. */
const introspectionDepth = 16;

/** Fields of a query with every fragment written out. Grafast plans each of them, however short the text. */
const mostSelections = 5_000;

/** A GraphQL error that says a query asks for too much; `next` is what to do about it. */
export function limitError(fact: string, next: string): GraphQLError {
  return new GraphQLError(`${fact} ${next}`, { extensions: { code: "QUERY_LIMIT" } });
}

/** Bounds that follow from the text of a query alone: they are checked once for each text. */
export function limitRules(limits: QueryLimits): ValidationRule[] {
  return [maxSelections, maxDepth(limits.GRAPHQL_MAX_DEPTH), maxAliases(limits.GRAPHQL_MAX_ALIASES)];
}

function maxDepth(deepest: number): ValidationRule {
  const rule = depthLimit({
    maxDepth: deepest,
    // Nested lists and fields within themselves are bound by depth and by cost.
    maxListDepth: deepest,
    maxSelfReferentialDepth: deepest,
    maxIntrospectionDepth: introspectionDepth,
    // As deep as graphql-js's own introspection query; the package allows one less.
    maxDepthByFieldCoordinates: { "__Type.ofType": 9 },
    revealDetails: false,
  });
  // The rule's own message names neither number nor next step.
  return (context) => {
    let reported = false;
    const quiet = Object.create(context, {
      reportError: {
        value: () => {
          if (reported) return;
          reported = true;
          context.reportError(
            limitError(`The query is deeper than ${deepest} fields.`, "Ask for less at once."),
          );
        },
      },
    });
    return rule(quiet);
  };
}

function maxAliases(most: number): ValidationRule {
  return (context) => {
    let aliases = 0;
    return {
      Field(node) {
        if (node.alias === undefined) return;
        aliases += 1;
        // Once is enough: a query with thousands would otherwise be answered with thousands of errors.
        if (aliases === most + 1) {
          context.reportError(
            limitError(`The query has more than ${most} aliases.`, "Split it into several requests."),
          );
        }
      },
    };
  };
}

/** Fragments that spread fragments twice, twenty levels deep, are a million fields in a text of one page. */
const maxSelections: ValidationRule = (context) => {
  const known = new Map<string, number>();
  const sizeOf = ({ selections }: SelectionSetNode): number => {
    let size = selections.length;
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD)
        size += ofFragment(context.getFragment(selection.name.value));
      else if (selection.selectionSet !== undefined) size += sizeOf(selection.selectionSet);
    }
    return size;
  };
  const ofFragment = (fragment: FragmentDefinitionNode | null | undefined): number => {
    if (fragment === null || fragment === undefined) return 0;
    const { value: name } = fragment.name;
    const size = known.get(name);
    if (size !== undefined) return size;
    // Until it is counted; a fragment within itself is another rule's matter.
    known.set(name, 0);
    const counted = sizeOf(fragment.selectionSet);
    known.set(name, counted);
    return counted;
  };
  return {
    OperationDefinition(node) {
      const size = sizeOf(node.selectionSet);
      if (size <= mostSelections) return;
      context.reportError(
        limitError(
          `The query has more than ${mostSelections} fields, fragments written out.`,
          "Split it into several requests.",
        ),
      );
    },
  };
};
