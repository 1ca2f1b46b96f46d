import { type ExecutionResult, GraphQLError } from "postgraphile/graphql";
import type { RowlockError } from "../../sdk/index.ts";

/**
 * What a library of a protocol takes for the results of a subscription. It sees the last of them alone, an error if there
 * is one: all others go past it to the client, as one text for all who watch the same.
 * @param end settles when there is nothing more to say, and why
 * @param over called when whoever reads has gone, or has been told the end
 */
export function lastResult(
  end: Promise<RowlockError | undefined>,
  over: () => void,
): AsyncIterableIterator<ExecutionResult> {
  const done = { done: true as const, value: undefined };
  const gone = Promise.withResolvers<undefined>();
  let told = false;
  return {
    async next() {
      const error = await Promise.race([end, gone.promise]);
      over();
      if (error === undefined || told) return done;
      told = true;
      return { done: false, value: { errors: [asGraphqlError(error)] } };
    },
    async return() {
      over();
      gone.resolve(undefined);
      return done;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** What went wrong with a subscription, as GraphQL says it. */
function asGraphqlError({ message, code }: RowlockError): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}
