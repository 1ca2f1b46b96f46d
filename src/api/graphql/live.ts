import { execute, hookArgs } from "postgraphile/grafast";
import {
  type ExecutionResult,
  GraphQLError,
  GraphQLObjectType,
  GraphQLSchema,
  type ValidationRule,
} from "postgraphile/graphql";
import type { Member } from "../../tenancy/index.ts";
import type { ChangeEvent } from "../live/group.ts";
import { type Watch, type WatchReader, watchReader } from "../live/watch.ts";
import type { AlikeForAll } from "./alike.ts";
import { costRefusal } from "./limits-plugin.ts";

declare global {
  namespace Grafast {
    interface RequestContext {
      /** Under whose claims a subscription is read; set by the hub alone. */
      rowlockMember?: Member;
    }
  }
}

export type LiveSchema = {
  /** Understands what a client sent. */
  read: WatchReader;
  execute(watch: Watch, member: Member, event: ChangeEvent): Promise<ExecutionResult>;
};

/**
 * What the hub needs of the GraphQL schema: how a subscription is understood, and how it is read again.
 * @returns undefined when the schema has no subscriptions
 */
export function liveSchema(options: {
  schema: GraphQLSchema;
  resolvedPreset: GraphileConfig.ResolvedPreset;
  rules: readonly ValidationRule[];
  /** Rows one operation may read. */
  mostRows: number;
  alike: AlikeForAll;
  maskError: (error: GraphQLError) => GraphQLError;
}): LiveSchema | undefined {
  const { schema, resolvedPreset, rules, mostRows, alike, maskError } = options;
  const subscription = schema.getSubscriptionType();
  if (subscription === undefined || subscription === null) return undefined;
  // The same types with another entrance. Nobody but the hub can ask it.
  const { types, ...config } = schema.toConfig();
  const readAgain = new GraphQLSchema({
    ...config,
    types: types.filter((type) => type !== subscription),
    query: readable(subscription),
    mutation: null,
    subscription: null,
  });
  return {
    read: watchReader({
      schema,
      rules,
      tooDear: (operation) => costRefusal(operation, mostRows),
      alikeForAll: alike,
    }),
    async execute({ document, operation }, member, event) {
      const args = await hookArgs({
        schema: readAgain,
        document,
        rootValue: event,
        contextValue: {},
        variableValues: { ...operation.variables },
        operationName: operation.operationName ?? undefined,
        resolvedPreset,
        requestContext: { rowlockMember: member },
      });
      const result = await execute(args);
      if (Symbol.asyncIterator in result) {
        await result.return(undefined);
        return {
          errors: [new GraphQLError("Subscriptions take neither @defer nor @stream. Leave them out.")],
        };
      }
      const { data, errors } = result;
      return {
        ...(data === undefined ? {} : { data }),
        ...(errors === undefined ? {} : { errors: errors.map(maskError) }),
      };
    },
  };
}

/** The fields of subscriptions as those of a query: by their plans, without the resolvers that Graphile gives them. */
function readable(subscription: GraphQLObjectType): GraphQLObjectType {
  const { fields, ...config } = subscription.toConfig();
  return new GraphQLObjectType({
    ...config,
    fields: Object.fromEntries(
      Object.entries(fields).map(([name, { resolve: _, subscribe: __, ...field }]) => [name, field]),
    ),
  });
}
