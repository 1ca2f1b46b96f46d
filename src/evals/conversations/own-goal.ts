import { z } from "zod";
import type { LongContext } from "../../jobs/index.ts";
import { type AskModel, type Judge, type Judged, JudgeUnavailable, judgeByModel } from "../judges/index.ts";
import { type AnsweredCall, askModel, ModelError, recordUsage, type UsageOf } from "../models/index.ts";
import type { Asking } from "../run/ask.ts";
import { openModel } from "./open-model.ts";
import type { ConversationSettings } from "./settings.ts";
import { readTurns } from "./turns.ts";

type Named = Judged & { name: string };

/**
 * How a conversation is judged: as a whole, and where none of the run's metrics looks at a goal, by the test's own.
 * @returns what differs from the judging of a single answer
 */
export async function judgedAsWhole(
  context: LongContext,
  resultId: string,
  { metrics, conversation }: { metrics: readonly Named[]; conversation: ConversationSettings },
  { judge, ...asking }: Asking & { judge: Judge },
) {
  const turns = await context.transaction((tx) => readTurns(tx, resultId));
  const transcript = turns.map(({ role, content }) => ({ role, content }));
  const whole = { input: transcript[0]?.content ?? "", transcript };
  if (metrics.some(({ kind }) => kind === "goal")) return { ...whole, metrics, judge };
  const own = { name: freeName(metrics), kind: "goal" as const, parameters: { goal: goalOf(conversation) } };
  const ask = askJudge(context, resultId, asking);
  const withOwn: Judge = {
    asks: (metric) => metric === own || judge.asks(metric),
    judge: (metric, subject, options) =>
      metric === own
        ? judgeByModel(own, subject, ask, options.signal)
        : judge.judge(metric, subject, options),
  };
  return { ...whole, metrics: [...metrics, own], judge: withOwn };
}

/** The name under which its verdict is stored; a metric of the run may bear it already. */
function freeName(metrics: readonly Named[]): string {
  const names = new Set(metrics.map(({ name }) => name));
  return ["goal", "goal of the test"].find((name) => !names.has(name)) ?? `goal of the test ${names.size}`;
}

function goalOf({ goal, restrictions }: ConversationSettings): string {
  if (restrictions === null) return goal;
  return `${goal}\n\nIt counts as not reached if any of these restrictions was broken:\n${restrictions}`;
}

/** The organization's own judge, its calls written into the ledger. */
function askJudge({ job, transaction }: LongContext, resultId: string, { allow, ring }: Asking): AskModel {
  return async ({ modelId, instructions, material, answerSchema, signal }) => {
    const model = await transaction((tx) => openModel(tx, ring, "judge", modelId));
    const usageOf: UsageOf = { model, purpose: "judge", jobId: job.id, testResultId: resultId };
    const record = (call: AnsweredCall) => transaction((tx) => recordUsage(tx, usageOf, call));
    try {
      const answer = await askModel(model, {
        system: instructions,
        prompt: material,
        schema: z.fromJSONSchema(answerSchema),
        signal,
        allow,
        idempotencyKey: `${job.id}/judge/goal`,
        onWasted: record,
      });
      await record(answer);
      return answer.object;
    } catch (error) {
      if (!(error instanceof ModelError) || error.reason === "setting") throw error;
      throw new JudgeUnavailable(error.message, { retryAfterMs: error.retryAfterMs, cause: error });
    }
  };
}
