import type { LongContext } from "../../jobs/index.ts";
import { RowlockError } from "../../sdk/index.ts";
import { type Answer, ask, mayPass } from "./ask.ts";
import { type Conclusion, conclude, storeConclusion } from "./conclude.ts";
import { storeOutput, takeResult, type Work } from "./work.ts";

/**
 * One test of a run: ask the endpoint, store the output, judge it. Killed anywhere, the next attempt goes on where
 * this one was; an output that is stored is never asked for again.
 * @param allow ranges that endpoints may lead to although not public
 */
export async function runTest(
  { job, transaction, signal }: LongContext,
  resultId: string,
  allow: readonly string[],
): Promise<void> {
  const work = await transaction((tx) => takeResult(tx, resultId, job.id));
  if (work === undefined) return;
  const end = (conclusion: Conclusion) => transaction((tx) => storeConclusion(tx, resultId, conclusion));

  let output = work.output;
  if (output === null) {
    const answer = await askOrError(work, signal, allow, job.attempt >= job.maxAttempts);
    if ("code" in answer) return await end({ state: "errored", ...answer });
    await transaction((tx) => storeOutput(tx, resultId, answer));
    output = answer.output;
  }
  await end(conclude(work, output));
}

/** The answer, or the error to store. Throws what another attempt of the job may mend. */
async function askOrError(
  work: Work,
  signal: AbortSignal,
  allow: readonly string[],
  isLastAttempt: boolean,
): Promise<Answer | { code: string; message: string }> {
  try {
    return await ask(work, signal, allow);
  } catch (error) {
    if (signal.aborted || !(error instanceof RowlockError)) throw error;
    if (mayPass(error) && !isLastAttempt) throw error;
    return { code: error.code, message: error.message };
  }
}
