import type { Task as BrokerTask } from "graphile-worker";
import type { Pool } from "pg";
import { z } from "zod";
import { runJob, type Task } from "../jobs/index.ts";
import type { LogOutcome } from "./log-events.ts";

/** What the broker carries: a job's id, nothing else. Whose it is stands on the job's own row. */
const deliverySchema = z.object({ job: z.uuid() });

/**
 * What Graphile Worker calls for a task of ours. To the broker every handled end, failures included, is a completed
 * delivery; only when the database fails does it throw, and the broker delivers again.
 */
export function brokerTask(task: Task, pool: Pool, log: LogOutcome): BrokerTask {
  return async (payload, helpers) => {
    const delivery = deliverySchema.safeParse(payload);
    if (!delivery.success) {
      log.unreadable(task.definition.name, String(helpers.job.id));
      return;
    }
    const began = performance.now();
    const stopping = helpers.abortSignal ?? new AbortController().signal;
    const outcome = await runJob(pool, delivery.data.job, task, stopping);
    log.outcome(task.definition.name, delivery.data.job, outcome, performance.now() - began);
  };
}
