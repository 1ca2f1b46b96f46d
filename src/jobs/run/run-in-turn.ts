import type { OpenTenant } from "../../tenancy/index.ts";
import type { TaskDefinition } from "../define-task.ts";
import type { Begun } from "./begin.ts";
import type { Ended } from "./bundle-end.ts";
import { budgetMs, type Cut, failedPart, runPart } from "./bundle-part.ts";
import { classify } from "./classify.ts";
import { NotThisWay } from "./manner.ts";

/** One handler after the other, each in a part of the transaction. @throws what means "deliver again", rolled back */
export async function runInTurn(
  tenant: OpenTenant,
  begun: readonly Begun[],
  definition: TaskDefinition,
  stopping: AbortSignal,
  alone: boolean,
): Promise<Ended | Cut> {
  const ended: Ended = { done: [], failed: [], unbegun: [], stopping: false };
  const until = performance.now() + budgetMs;
  for (const [index, one] of begun.entries()) {
    if (stopping.aborted || (index > 0 && performance.now() > until)) {
      ended.unbegun = begun.slice(index);
      ended.stopping = stopping.aborted;
      return ended;
    }
    const part = tenant.part(one.job.id, alone);
    const ran = await runPart(one, part, definition, stopping);
    if (!("error" in ran)) {
      ended.done.push(ran);
      continue;
    }
    const { error, reason, startedAt } = ran;
    if (reason !== undefined) {
      tenant.destroy();
      return { cut: one, error, reason, startedAt };
    }
    const failure = classify(error, undefined, definition, one.job);
    // Only what was told to stop, which was cut above, is cancelled.
    if (failure.next === "redeliver" || failure.next === "cancel") {
      await tenant.rollback();
      throw error;
    }
    if (!alone) {
      await tenant.rollback();
      throw new NotThisWay("one failed");
    }
    part.undo();
    ended.failed.push(failedPart(one, startedAt, failure, error));
  }
  return ended;
}
