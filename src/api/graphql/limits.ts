import { depthLimit } from "@graphile/depth-limit";
import { GraphQLError, type ValidationRule } from "postgraphile/graphql";
import type { Settings } from "../../sdk/index.ts";

export type QueryLimits = Pick<Settings, "GRAPHQL_MAX_DEPTH" | "GRAPHQL_MAX_ALIASES" | "GRAPHQL_MAX_COST">;

/** Introspection is deeper than any query; it has a bound of its own. */
const introspectionDepth = 16;

/** A GraphQL error that says a query asks for too much; `next` is what to do about it. */
export function limitError(fact: string, next: string): GraphQLError {
  return new GraphQLError(`${fact} ${next}`, { extensions: { code: "QUERY_LIMIT" } });
}

/** Bounds that follow from the text of a query alone: they are checked once for each text. */
export function limitRules(limits: QueryLimits): ValidationRule[] {
  return [maxDepth(limits.GRAPHQL_MAX_DEPTH), maxAliases(limits.GRAPHQL_MAX_ALIASES)];
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
