import { z } from "zod";
import { Discard, type LongContext, RetryLater } from "../../jobs/index.ts";
import type { Generation } from "./request.ts";
import { type Asking, writeTests } from "./write-tests.ts";

export const generated = z.object({
  drafts: z.int().describe("How many drafts wait for a decision by this generation"),
  duplicates: z.int().describe("How many were dropped: they were there already, or nearly so"),
  stopped: z.string().nullable().describe("Why there are fewer than wanted; null when there are not"),
});

type Generated = z.output<typeof generated>;

/** So many tests are asked for at once: an answer is complete before models begin to repeat or to cut it. */
const perCall = 20;
/** Then the worker's place is given to others for a moment; a call still fits into the task's time after it. */
const longestStretchMs = 45_000;
/** So many answers in a row without anything new are the end. */
const mostBarren = 2;

/**
 * Has a model write tests, some at a time, each call a step: an attempt that dies costs the call that was under way.
 * @throws RetryLater when the model is away for the moment, or others shall have their turn; Discard
 */
export async function generateTests(
  context: LongContext,
  given: Generation,
  asking: Asking,
): Promise<Generated> {
  const began = performance.now();
  const { count } = given;
  const mostCalls = 3 * Math.ceil(count / perCall) + mostBarren;
  let [drafts, duplicates, barren] = [0, 0, 0];
  for (let call = 1; drafts < count; call += 1) {
    if (performance.now() - began > longestStretchMs) throw new RetryLater("The generation goes on.", 0);
    const part = { name: `tests ${call}`, wanted: Math.min(perCall, count - drafts), before: drafts };
    const written = await writeTests(context, given, part, asking);
    drafts += written.drafts;
    duplicates += written.duplicates;
    barren = written.drafts === 0 ? barren + 1 : 0;
    const soFar = `${drafts} of ${count} tests`;
    await context.progress(drafts / count, soFar);
    if (barren === mostBarren) {
      if (written.problem !== null)
        throw new Discard(`${written.problem} There are ${soFar}.`, "MODEL_FAILED");
      const stopped = `The model gave nothing new in ${barren} answers in a row: there are ${soFar}. Describe more, or give it other documents.`;
      return { drafts, duplicates, stopped };
    }
    if (call === mostCalls && drafts < count) {
      return { drafts, duplicates, stopped: `The model was asked ${call} times: there are ${soFar}.` };
    }
  }
  return { drafts, duplicates, stopped: null };
}
