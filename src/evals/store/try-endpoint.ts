import { z } from "zod";
import { launchJob } from "../../jobs/index.ts";
import { RowlockError } from "../../sdk/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";

export const tryRequest = z
  .strictObject({ input: z.string().min(1).max(100_000).describe("As a test's") })
  .meta({ id: "TryEndpointRequest" });

/** As important as it may be: somebody waits for it. */
const priority = -10;

/**
 * Launches a job that calls the endpoint once. What it sent and got is the job's result.
 * @returns the job's id
 * @throws RowlockError NOT_FOUND, NOT_ALLOWED, UNKNOWN_TASK
 */
export async function launchTry(
  tx: TenantTransaction,
  endpointId: string,
  { input }: z.output<typeof tryRequest>,
): Promise<string> {
  const { rowCount } = await tx.query("select from evals.endpoints where id = $1", [endpointId]);
  if (rowCount === 0) {
    throw new RowlockError("NOT_FOUND", `There is no endpoint ${endpointId} in this organization.`);
  }
  return await launchJob(tx, "evals/try-endpoint", { endpointId, input }, { priority });
}
