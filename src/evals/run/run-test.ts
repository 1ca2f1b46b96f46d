import type { LongContext } from "../../jobs/index.ts";
import { RowlockError } from "../../sdk/index.ts";
import { deterministicJudge, type Judge } from "../judges/index.ts";
import { type KeyRing, readKeyRing } from "../secrets/index.ts";
import { type Answer, ask, mayPass } from "./ask.ts";
import { askModelEndpoint } from "./ask-model-endpoint.ts";
import { conclude } from "./conclude.ts";
import type { Conclusion } from "./conclusion.ts";
import { storeConclusion, storeEvaluations, storePutOff } from "./evaluations.ts";
import { type HttpWork, isModelWork, storeOutput, takeResult, type Work } from "./work.ts";

/**
 * One test of a run: ask the endpoint, store the output, judge it. Killed anywhere, the next attempt goes on where
 * this one was; an output that is stored is never asked for again.
 * @param allow ranges that endpoints may lead to although not public
 * @param ring what opens the keys of models
 * @throws RetryLater when a metric cannot judge for the moment
 */
export async function runTest(
  context: LongContext,
  resultId: string,
  allow: readonly string[],
  judge: Judge = deterministicJudge,
  ring: KeyRing = readKeyRing(undefined),
): Promise<void> {
  const { job, transaction, signal } = context;
  const work = await transaction((tx) => takeResult(tx, resultId, job.id));
  if (work === undefined) return;
  const end = (conclusion: Conclusion) => transaction((tx) => storeConclusion(tx, resultId, conclusion));

  let { output, durationMs, cost } = work;
  if (output === null) {
    const answer = work.isRescore ? noOutput : await askOrError(work, resultId, context, { allow, ring });
    if ("code" in answer) return await end({ state: "errored", ...answer, evaluations: [] });
    await transaction(async (tx) => {
      await storeOutput(tx, resultId, answer);
      await answer.record?.(tx);
    });
    cost = answer.cost ?? null;
    output = answer.output;
    durationMs = Math.round(answer.durationMs);
  }
  await end(
    await conclude({ ...work, durationMs, cost }, output, {
      judge,
      signal,
      keep: (said) => transaction((tx) => storeEvaluations(tx, resultId, said)),
      putOff: (said) => transaction((tx) => storePutOff(tx, resultId, said)),
    }),
  );
}

const noOutput = {
  code: "EVALUATION_ERROR",
  message: "The run that is rescored has no output of this test. Execute the test set again to get one.",
};

/** The answer, or the error to store. Throws what another attempt of the job may mend. */
async function askOrError(
  work: Work,
  resultId: string,
  context: LongContext,
  { allow, ring }: { allow: readonly string[]; ring: KeyRing },
): Promise<Answer | { code: string; message: string }> {
  const { job, signal } = context;
  try {
    if (isModelWork(work)) return await askModelEndpoint(work, resultId, context, { allow, ring });
    return await ask(work as HttpWork, signal, allow);
  } catch (error) {
    if (signal.aborted || !(error instanceof RowlockError)) throw error;
    if (mayPass(error) && job.attempt < job.maxAttempts) throw error;
    return { code: error.code, message: error.message };
  }
}
