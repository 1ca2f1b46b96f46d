import { createHash } from "node:crypto";
import { isByModel, judge, type ModelMetric, type Subject } from "../metrics/index.ts";
import { askModel, ModelError, openModel, recordUsage, type UsageOf, withKey } from "../models/index.ts";
import type { KeyRing } from "../secrets/index.ts";
import type { Judge, JudgeCall, Judgement } from "./judge.ts";
import { questionOf } from "./question.ts";
import type { RunMetric } from "./run-metric.ts";
import { JudgeUnavailable } from "./unavailable.ts";

type Access = {
  /** Ranges that may be reached although not public. */
  allow: readonly string[];
  /** Opens the models' keys. */
  ring: KeyRing;
};

/** Who judges in a run: metrics that need nobody by themselves, for the others the organization's models. */
export function modelJudge(access: Access): Judge {
  return {
    asks: isByModel,
    judge: async (metric, subject, call) =>
      isByModel(metric) ? await askJudge(metric, subject, call, access) : await judge(metric, subject),
  };
}

async function askJudge(
  metric: RunMetric & ModelMetric,
  subject: Subject,
  { context: { job, signal, transaction }, resultId, putOffs }: JudgeCall,
  { allow, ring }: Access,
): Promise<Judgement> {
  // A run that was launched before there was a model takes what there is by now.
  const model = await transaction((tx) =>
    metric.model === undefined
      ? openModel(tx, ring, "judge", metric.parameters.modelId)
      : withKey(tx, ring, metric.model),
  );
  const usageOf: UsageOf = { model, purpose: "judge", jobId: job.id, testResultId: resultId };
  let answered = false;
  try {
    const { object: verdict, ...call } = await askModel(model, {
      ...questionOf(metric, subject),
      signal,
      allow,
      idempotencyKey: keyOf(job.id, metric, putOffs),
      async onWasted(wasted) {
        await transaction((tx) => recordUsage(tx, usageOf, wasted));
        answered = true;
      },
    });
    return { ...verdict, record: (tx) => recordUsage(tx, usageOf, call) };
  } catch (error) {
    if (!(error instanceof ModelError) || error.reason === "setting") throw error;
    // What is no verdict, or no answer of the provider's format at all, may be one the next time.
    const { retryAfterMs, passing } = error;
    throw new JudgeUnavailable(error.message, {
      retryAfterMs,
      answered: answered && !passing,
      cause: error,
    });
  }
}

/**
 * The same for each try of this call: one that was answered and not stored is counted once. Another after a put-off, lest
 * a provider that remembers keys gives the same answer again. Names may have signs that no header takes.
 */
function keyOf(jobId: string, { name }: RunMetric, putOffs: number): string {
  const metric = createHash("sha256").update(name).digest("hex").slice(0, 16);
  return `${jobId}/judge/${metric}/${putOffs}`;
}
