import type { OpenTenant } from "../../tenancy/index.ts";
import type { TaskDefinition } from "../define-task.ts";
import type { Begun } from "./begin.ts";
import type { Ended } from "./bundle-end.ts";
import { budgetMs, type Cut, type Ran, runPart } from "./bundle-part.ts";
import { classify } from "./classify.ts";
import { NotThisWay } from "./manner.ts";

/** Jobs whose answers are waited for at a time: enough to fill a write, few enough that the budget still means something. */
const mostAtOnce = 16;

/**
 * The next handler begins as soon as the one before has sent its first statements. To the database they come one after
 * the other, as in turn; whoever sends again after the next has begun makes this the wrong way.
 * @throws NotThisWay, or what means "deliver again"; rolled back
 */
export async function runOverlapping(
  tenant: OpenTenant,
  begun: readonly Begun[],
  definition: TaskDefinition,
  stopping: AbortSignal,
): Promise<Ended | Cut> {
  const ended: Ended = { done: [], failed: [], unbegun: [], stopping: false };
  const until = performance.now() + budgetMs;
  const running = new Set<Promise<void>>();
  const ran: { one: Begun; as: Ran }[] = [];
  let failed = false;
  for (const [index, one] of begun.entries()) {
    if (running.size >= mostAtOnce) await Promise.race(running);
    if (failed || tenant.overtaken()) break;
    if (stopping.aborted || (index > 0 && performance.now() > until)) {
      ended.unbegun = begun.slice(index);
      ended.stopping = stopping.aborted;
      break;
    }
    const part = tenant.part(one.job.id, false);
    const mine = runPart(one, part, definition, stopping).then((as) => {
      running.delete(mine);
      ran.push({ one, as });
      failed ||= "error" in as;
    });
    running.add(mine);
    await Promise.race([part.sent, mine]);
  }
  await Promise.all(running);

  for (const { one, as } of ran) {
    if (!("error" in as)) ended.done.push(as);
    else if (as.reason !== undefined) {
      tenant.destroy();
      return { cut: one, error: as.error, reason: as.reason, startedAt: as.startedAt };
    }
  }
  if (tenant.overtaken()) {
    await tenant.rollback();
    throw new NotThisWay("more to send");
  }
  for (const { one, as } of ran) {
    if (!("error" in as)) continue;
    await tenant.rollback();
    // One that failed takes all after it along: any of them may tell that it was the database.
    throw classify(as.error, undefined, definition, one.job).next === "redeliver"
      ? as.error
      : new NotThisWay("one failed");
  }
  return ended;
}
