import { randomInt } from "node:crypto";
import { type RunResult, runFaults } from "../../faults/run.ts";

const faults = 200;

/** The run of `npm run test:faults`. It says each fault as it goes. @throws with seed, fault and rows of what went wrong */
export async function underFaults(): Promise<RunResult & { seed: number }> {
  const seed = randomInt(2 ** 31);
  return { seed, ...(await runFaults({ seed, faults })) };
}
