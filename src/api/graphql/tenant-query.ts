import { withPgClient } from "postgraphile/@dataplan/pg";
import type { Step } from "postgraphile/grafast";
import type { TenantTransaction } from "../../tenancy/index.ts";
import type { TenantClient } from "./adaptor.ts";

/**
 * The plan of a query written by hand: `work` reads in a tenant transaction under the caller's claims.
 * @param service name of the PostGraphile service; "main" unless you named it
 */
export function tenantQuery<Input, Result>(
  build: GraphileBuild.Build,
  $input: Step<Input>,
  work: (tx: TenantTransaction, input: Input) => Promise<Result>,
  service = "main",
): Step<Result> {
  const executor = build.input.pgRegistry.pgExecutors[service];
  if (executor === undefined) throw new Error(`There is no PostGraphile service "${service}".`);
  return withPgClient<Step<Input>, Result, TenantClient>(
    executor,
    $input,
    async (client, input) => await work(client.tx, input as Input),
  );
}
