import { setTimeout as sleep } from "node:timers/promises";
import type { Task as BrokerTask } from "graphile-worker";
import type { Pool } from "pg";
import { z } from "zod";
import { type Outcome, runJob, type Task } from "../jobs/index.ts";
import type { Lifelines } from "./lifelines.ts";
import type { LogOutcome } from "./log-events.ts";
import type { Suspects } from "./suspects.ts";

/** What the broker carries: a job's id, nothing else. Whose it is stands on the job's own row. */
const deliverySchema = z.object({ job: z.uuid() });

/** How often a delivery is tried here when the database fails, before the broker is told; some 90 seconds in all. */
const mostOutages = 20;
const longestWaitMs = 5_000;

export type DeliveryTools = { pool: Pool; log: LogOutcome; lifelines: Lifelines; suspects: Suspects };

/**
 * What Graphile Worker calls for a task of ours. To the broker every handled end, failures included, is a completed
 * delivery; only when the database fails for long does it throw, and the broker delivers again.
 */
export function brokerTask(task: Task, { pool, log, lifelines, suspects }: DeliveryTools): BrokerTask {
  const { name } = task.definition;
  return async (payload, { job, abortSignal }) => {
    const delivery = deliverySchema.safeParse(payload);
    if (!delivery.success) {
      log.unreadable(name, String(job.id));
      return;
    }
    const jobId = delivery.data.job;
    const stopping = AbortSignal.any([
      lifelines.lost(job.locked_by ?? ""),
      ...(abortSignal ? [abortSignal] : []),
    ]);
    const began = performance.now();
    const outcome = await suspects.run({ jobId, task: name, attempts: job.attempts }, () =>
      throughOutages(() => runJob(pool, jobId, task, stopping), stopping),
    );
    if (outcome === "crashed") log.crashed(name, jobId);
    else log.outcome(name, jobId, outcome, performance.now() - began);
  };
}

/**
 * Tries again while the database is away. Left to the broker, a delivery would wait for its back-off, minutes after a
 * short outage. What was begun is taken up again: no attempt is counted.
 */
async function throughOutages(run: () => Promise<Outcome>, stopping: AbortSignal): Promise<Outcome> {
  for (let outage = 1; ; outage += 1) {
    try {
      // `runJob` throws for no other reason.
      return await run();
    } catch (error) {
      if (stopping.aborted || outage >= mostOutages) throw error;
      const wait = Math.min(longestWaitMs, 100 * 2 ** outage);
      // Half by chance: after an outage not everyone comes at once.
      await sleep(wait * (0.5 + Math.random() / 2), undefined, { signal: stopping }).catch(() => undefined);
    }
  }
}
