import { setTimeout as sleep } from "node:timers/promises";
import type { Task as BrokerTask } from "graphile-worker";
import type { Pool } from "pg";
import { z } from "zod";
import { Relay, runBundle, runJob, type Speeds, type Task } from "../jobs/index.ts";
import type { Lifelines } from "./lifelines.ts";
import type { LogOutcome } from "./log-events.ts";
import type { Suspects } from "./suspects.ts";

/** What the broker carries: ids of jobs, nothing else. Whose they are stands on the jobs' own rows. */
const deliverySchema = z.union([
  z.object({ job: z.uuid() }).transform(({ job }) => [job]),
  z.object({ jobs: z.array(z.uuid()).min(1).max(1_000) }).transform(({ jobs }) => jobs),
]);

/** Jobs of one delivery run one after the other; those not begun by then wait for another turn. */
const mostMs = 300;

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
export function brokerTask(task: Task, tools: DeliveryTools): BrokerTask {
  const { name, kind, bundle } = task.definition;
  return async (payload, { job, abortSignal }) => {
    const delivery = deliverySchema.safeParse(payload);
    if (!delivery.success) {
      tools.log.unreadable(name, String(job.id));
      return;
    }
    const ids = delivery.data;
    const stopping = AbortSignal.any([
      tools.lifelines.lost(job.locked_by ?? ""),
      ...(abortSignal ? [abortSignal] : []),
    ]);
    // Delivered again, a bundle runs its jobs singly: a crash is laid at the door of one.
    const together = ids.length > 1 && bundle && job.attempts <= 1;
    const began = performance.now();
    const left = together
      ? await runTogether(ids, task, tools, stopping)
      : await runSingly(ids, task, job.attempts, tools, stopping);
    // What comes around the handlers counts too: shared among many it is little.
    const ran = ids.length - left.length;
    if (kind === "transactional" && ran > 0) tools.speeds.note(name, ran, performance.now() - began);
    if (left.length > 0) await putOff(tools.pool, left);
  };
}

/**
 * In one transaction, which has its time; what is left of it gets another one, as long as the hand has time.
 * @returns the jobs whose turn did not come
 */
async function runTogether(
  ids: readonly string[],
  task: Task,
  { pool, log }: DeliveryTools,
  stopping: AbortSignal,
): Promise<readonly string[]> {
  const began = performance.now();
  const took = () => performance.now() - began;
  let left = ids;
  while (left.length > 0 && took() < mostMs) {
    const outcomes = await throughOutages(() => runBundle(pool, left, task.definition, stopping), stopping);
    for (const [jobId, outcome] of outcomes) log.outcome(task.definition.name, jobId, outcome, took());
    left = [...outcomes].filter(([, { kind }]) => kind === "put-off").map(([jobId]) => jobId);
  }
  return left;
}

async function runSingly(
  ids: readonly string[],
  task: Task,
  attempts: number,
  { pool, log, suspects }: DeliveryTools,
  stopping: AbortSignal,
): Promise<readonly string[]> {
  const { name, kind } = task.definition;
  const began = performance.now();
  const took = () => performance.now() - began;
  const mayGoOn = () => took() <= mostMs && !stopping.aborted;
  // A suspect is noted in a transaction of its own, before it begins.
  const relay =
    kind === "transactional" && attempts <= 1 ? new Relay(pool, task.definition, stopping) : undefined;
  try {
    for (const [index, jobId] of ids.entries()) {
      if (index > 0 && !mayGoOn()) return ids.slice(index);
      const following = () => (mayGoOn() ? ids[index + 1] : undefined);
      const outcome = await suspects.run({ jobId, task: name, attempts }, () =>
        throughOutages(() => relay?.run(jobId, following) ?? runJob(pool, jobId, task, stopping), stopping),
      );
      if (outcome === "crashed") log.crashed(name, jobId);
      else log.outcome(name, jobId, outcome, took());
    }
    return [];
  } finally {
    await relay?.leave();
  }
}

/** Told to nobody they are found all the same, a little later. */
async function putOff(pool: Pool, ids: readonly string[]): Promise<void> {
  await pool.query("select rowlock_private.put_off($1)", [ids]).catch(() => undefined);
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
