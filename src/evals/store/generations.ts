import { launchJob } from "../../jobs/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import type { GenerationRequest } from "../generation/index.ts";
import { defaultModel, findModel } from "../models/index.ts";
import { findTestSet } from "./test-sets.ts";

/**
 * Launches a job that has a model write tests for a set, as drafts. The model is settled now.
 * @returns the job's id
 * @throws RowlockError NOT_FOUND (no such set or model, or no default), NOT_ALLOWED, UNKNOWN_TASK, PAYLOAD_TOO_LARGE
 */
export async function launchGeneration(
  tx: TenantTransaction,
  testSetId: string,
  { modelId, ...request }: GenerationRequest,
): Promise<string> {
  await findTestSet(tx, testSetId);
  const model = modelId === undefined ? await defaultModel(tx, "generation") : await findModel(tx, modelId);
  return await launchJob(tx, "evals/generate-tests", { testSetId, modelId: model.id, ...request });
}
