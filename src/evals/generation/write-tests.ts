import { Discard, type LongContext, RetryLater } from "../../jobs/index.ts";
import { RowlockError } from "../../sdk/index.ts";
import { askModel, ModelError, openModel, recordUsage } from "../models/index.ts";
import { longestWaitMs, waitMsAfter } from "../run/may-pass.ts";
import type { KeyRing } from "../secrets/index.ts";
import { countPutOffs, readInputs, storeDrafts, storedDrafts } from "./drafts.ts";
import { KnownInputs } from "./known-inputs.ts";
import { answerSchema, promptOf, storableTests, system } from "./prompt.ts";
import type { Generation } from "./request.ts";

export type Asking = { allow: readonly string[]; ring: KeyRing };

/** What came of one call. */
export type Written = {
  drafts: number;
  duplicates: number;
  /** Why the answer was of no use, if it was. */
  problem: string | null;
};

/** How often in a row the model may be away before that is an error. */
const maxPutOffs = 6;

/**
 * Has the model write some tests, as a step: what it wrote is stored as drafts, together with what it cost, once.
 * @param before how many drafts the job has from its calls before
 * @throws RetryLater when the model is away for the moment; Discard when it cannot be asked
 */
export async function writeTests(
  context: LongContext,
  given: Generation,
  { name, wanted, before }: { name: string; wanted: number; before: number },
  { allow, ring }: Asking,
): Promise<Written> {
  const { job, step, transaction } = context;
  try {
    return await step(name, async ({ idempotencyKey, signal }): Promise<Written> => {
      const stored = await transaction((tx) => storedDrafts(tx, job.id, idempotencyKey));
      if (stored !== undefined) return { drafts: stored - before, duplicates: 0, problem: null };

      const { model, inputs } = await transaction(async (tx) => ({
        model: await openModel(tx, ring, "generation", given.modelId),
        inputs: await readInputs(tx, given.testSetId),
      }));
      const usageOf = { model, purpose: "generation", jobId: job.id } as const;
      try {
        const { object, ...call } = await askModel(model, {
          system,
          prompt: promptOf(given, wanted, inputs),
          schema: answerSchema(given),
          signal,
          allow,
          idempotencyKey,
          onWasted: (wasted) => transaction((tx) => recordUsage(tx, usageOf, wasted)),
        });
        const tests = storableTests(object, wanted);
        const known = new KnownInputs(inputs);
        const fresh = tests.filter(({ input }) => known.add(input));
        await transaction(async (tx) => {
          await recordUsage(tx, usageOf, call);
          await storeDrafts(tx, { testSetId: given.testSetId, jobId: job.id }, fresh);
        });
        return { drafts: fresh.length, duplicates: tests.length - fresh.length, problem: null };
      } catch (error) {
        if (!(error instanceof ModelError) || error.reason !== "answer") throw error;
        return { drafts: 0, duplicates: 0, problem: error.message };
      }
    });
  } catch (error) {
    if (context.signal.aborted || !(error instanceof RowlockError)) throw error;
    if (error instanceof ModelError && error.passing) return await putOff(context, name, error);
    if (unusable.has(error.code)) throw new Discard(error.message, error.code);
    throw error;
  }
}

/** What another attempt would only meet again. */
const unusable: ReadonlySet<string> = new Set([
  "MODEL_REFUSED",
  "INTERNAL_ADDRESS",
  "NOT_FOUND",
  "INVALID_ARGUMENT",
  "INVALID_SETTING",
]);

async function putOff(
  { job, step, transaction }: LongContext,
  name: string,
  error: ModelError,
): Promise<never> {
  const prefix = `${name}, put off `;
  const times = 1 + (await transaction((tx) => countPutOffs(tx, job.id, prefix)));
  const waitMs = waitMsAfter(error, times);
  if (times >= maxPutOffs || waitMs > longestWaitMs) {
    const asks =
      waitMs > longestWaitMs ? ` It asks to be left alone for ${Math.ceil(waitMs / 1_000)} s.` : "";
    throw new Discard(`${error.message}${asks} It was asked ${times} times in a row.`, error.code);
  }
  await step(`${prefix}${times}`, () => error.message);
  throw new RetryLater(error.message, waitMs);
}
