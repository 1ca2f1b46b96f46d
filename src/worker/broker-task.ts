import { setTimeout as sleep } from "node:timers/promises";
import type { Task as BrokerTask } from "graphile-worker";
import type { Pool } from "pg";
import { z } from "zod";
import { runBundle, runJob, type Speeds, type Task } from "../jobs/index.ts";
import type { Lifelines } from "./lifelines.ts";
import type { LogOutcome } from "./log-events.ts";
import type { Suspects } from "./suspects.ts";

/** What the broker carries: ids of jobs, nothing else. Whose they are stands on the jobs' own rows. */
const deliverySchema = z.union([
  z.object({ job: z.uuid() }).transform(({ job }) => [job]),
  z.object({ jobs: z.array(z.uuid()).min(1).max(1_000) }).transform(({ jobs }) => jobs),
]);

/** How often a delivery is tried here when the database fails, before the broker is told; some 90 seconds in all. */
const mostOutages = 20;
const longestWaitMs = 5_000;

export type DeliveryTools = {
  pool: Pool;
  log: LogOutcome;
  lifelines: Lifelines;
  suspects: Suspects;
  speeds: Speeds;
};

/**
 * What Graphile Worker calls for a task of ours. To the broker every handled end, failures included, is a completed
 * delivery; only when the database fails for long does it throw, and the broker delivers again.
 */
export function brokerTask(
  task: Task,
  { pool, log, lifelines, suspects, speeds }: DeliveryTools,
): BrokerTask {
  const { name, kind, bundle } = task.definition;
  return async (payload, { job, abortSignal }) => {
    const delivery = deliverySchema.safeParse(payload);
    if (!delivery.success) {
      log.unreadable(name, String(job.id));
      return;
    }
    const ids = delivery.data;
    const stopping = AbortSignal.any([
      lifelines.lost(job.locked_by ?? ""),
      ...(abortSignal ? [abortSignal] : []),
    ]);
    const began = performance.now();
    const took = () => performance.now() - began;
    const note = (jobs: number) => {
      if (kind === "transactional") speeds.note(name, jobs, took());
    };
    // Delivered again, a bundle runs its jobs singly: a crash is laid at the door of one.
    if (ids.length > 1 && bundle && job.attempts <= 1) {
      const outcomes = await throughOutages(() => runBundle(pool, ids, task.definition, stopping), stopping);
      let ran = 0;
      for (const [jobId, outcome] of outcomes) {
        if (outcome.kind !== "put-off" && outcome.kind !== "handed-back") ran += 1;
        log.outcome(name, jobId, outcome, took());
      }
      note(Math.max(1, ran));
      return;
    }
    for (const jobId of ids) {
      const outcome = await suspects.run({ jobId, task: name, attempts: job.attempts }, () =>
        throughOutages(() => runJob(pool, jobId, task, stopping), stopping),
      );
      if (outcome === "crashed") log.crashed(name, jobId);
      else log.outcome(name, jobId, outcome, took());
    }
    note(ids.length);
  };
}

/**
 * Tries again while the database is away. Left to the broker, a delivery would wait for its back-off, minutes after a
 * short outage. What was begun is taken up again: no attempt is counted.
 */
async function throughOutages<T>(run: () => Promise<T>, stopping: AbortSignal): Promise<T> {
  for (let outage = 1; ; outage += 1) {
    try {
      // What runs a job or a bundle throws for no other reason.
      return await run();
    } catch (error) {
      if (stopping.aborted || outage >= mostOutages) throw error;
      const wait = Math.min(longestWaitMs, 100 * 2 ** outage);
      // Half by chance: after an outage not everyone comes at once.
      await sleep(wait * (0.5 + Math.random() / 2), undefined, { signal: stopping }).catch(() => undefined);
    }
  }
}
