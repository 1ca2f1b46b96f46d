import { sideEffectWithPgClient } from "postgraphile/@dataplan/pg";
import type { Step } from "postgraphile/grafast";
import type { TenantTransaction } from "../../tenancy/index.ts";
import type { TenantClient } from "./adaptor.ts";

/**
 * The plan of a mutation written by hand: `work` runs once, in one tenant transaction under the caller's claims; what
 * it throws rolls it back and becomes the field's error. Each field of a mutation operation is a transaction of its
 * own, so what must hold together belongs into one field.
 * @param service name of the PostGraphile service; "main" unless you named it
 */
export function tenantMutation<Input, Result>(
  build: GraphileBuild.Build,
  $input: Step<Input>,
  work: (tx: TenantTransaction, input: Input) => Promise<Result>,
  service = "main",
): Step<Result> {
  const executor = build.input.pgRegistry.pgExecutors[service];
  if (executor === undefined) throw new Error(`There is no PostGraphile service "${service}".`);
  return sideEffectWithPgClient<Step<Input>, Result, TenantClient>(
    executor,
    $input,
    async (client, input) => await work(client.tx, input as Input),
  );
}
