import type { Finish, LongContext } from "../../jobs/index.ts";
import { converse, judgedAsWhole } from "../conversations/index.ts";
import { type Judge, modelJudge } from "../judges/index.ts";
import { type KeyRing, readKeyRing } from "../secrets/index.ts";
import type { Answer } from "./answer.ts";
import { ask } from "./ask.ts";
import { beginCall } from "./begin-call.ts";
import { conclude } from "./conclude.ts";
import type { Conclusion } from "./conclusion.ts";
import { storeConclusion, storeEvaluations, storePutOff } from "./evaluations.ts";
import { storeOutput } from "./output.ts";
import { takeResult } from "./work.ts";

/**
 * One test of a run: ask the endpoint, judge the output, store both. Killed anywhere, the next attempt goes on where
 * this one was; an output that is stored is never asked for again.
 * @param allow ranges that endpoints may lead to although not public
 * @param given who judges, where a test wants another than the metrics themselves and the organization's models
 * @param ring opens what the calls of the endpoint and of models carry
 * @returns what ends the job, to be returned by the task; undefined when there is nothing to do
 * @throws RetryLater when the endpoint is to be called again later, or a metric cannot judge for the moment
 */
export async function runTest(
  context: LongContext,
  resultId: string,
  allow: readonly string[],
  given?: Judge,
  ring: KeyRing = readKeyRing(undefined),
): Promise<Finish<void> | undefined> {
  const judge = given ?? modelJudge({ allow, ring });
  const { job, transaction, finish } = context;
  const { work, begun } = await transaction(async (tx) => {
    const taken = await takeResult(tx, resultId, job.id);
    if (taken === undefined || taken.isRescore || taken.output !== null || taken.conversation !== null) {
      return { work: taken };
    }
    return { work: taken, begun: await beginCall(tx, ring, resultId, taken.endpoint) };
  });
  if (work === undefined) return undefined;
  let { output, durationMs, cost } = work;
  let unstored: Answer | undefined;
  const end = (conclusion: Conclusion) =>
    finish(async (tx) => {
      await unstored?.record?.(tx);
      await storeConclusion(tx, resultId, conclusion, unstored);
    });

  const { conversation } = work;
  if (output === null && conversation !== null && !work.isRescore) {
    const ended = await converse(context, resultId, { ...work, conversation }, { allow, ring });
    if (ended === undefined) return undefined;
    if ("code" in ended) return end({ state: "errored", ...ended, evaluations: [] });
    ({ output, durationMs, cost } = ended);
  } else if (output === null) {
    const answer =
      begun === undefined ? noOutput : await ask(context, work, resultId, begun, { allow, ring });
    if ("code" in answer) return end({ state: "errored", ...answer, evaluations: [] });
    // Judged at once where nobody has to be asked, both are stored together: a transaction less for each test.
    if (work.metrics.some((metric) => judge.asks(metric))) {
      await transaction((tx) => storeOutput(tx, resultId, answer));
    } else unstored = answer;
    cost = answer.cost;
    output = answer.output;
    durationMs = Math.round(answer.durationMs);
  }
  const whole =
    conversation === null ? undefined : await judgedAsWhole(context, resultId, { ...work, conversation });
  return end(
    await conclude({ ...work, durationMs, cost, ...whole }, output, {
      judge,
      context,
      resultId,
      keep: (said) => transaction((tx) => storeEvaluations(tx, resultId, said)),
      putOff: (said, patience) => transaction((tx) => storePutOff(tx, resultId, said, patience)),
    }),
  );
}

const noOutput = {
  code: "EVALUATION_ERROR",
  message: "The run that is rescored has no output of this test. Execute the test set again to get one.",
};
