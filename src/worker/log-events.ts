import type { Outcome } from "../jobs/index.ts";
import type { Logger } from "../log.ts";

export type LogOutcome = {
  outcome(task: string, jobId: string, outcome: Outcome, durationMs: number): void;
  crashed(task: string, jobId: string): void;
  unreadable(task: string, brokerId: string): void;
};

/** The only place that logs how jobs go. What went well is a debug line: at thousands a second it would be the load. */
export function logOutcomes(logger: Logger): LogOutcome {
  return {
    outcome(task, jobId, outcome, durationMs) {
      const fields = { task, job: jobId, ms: Math.round(durationMs) };
      switch (outcome.kind) {
        case "succeeded":
          logger.debug(`${task} succeeded`, fields);
          break;
        case "failed":
          logger.error(`${task} failed: ${outcome.code}`, { ...fields, error: outcome.error });
          break;
        case "retried":
        case "snoozed":
          logger.warn(`${task} will be tried again at ${outcome.retryAt?.toISOString()}: ${outcome.code}`, {
            ...fields,
            error: outcome.error,
          });
          break;
        case "lost":
          logger.warn(`${task} was taken over by another attempt; this one wrote nothing`, fields);
          break;
        case "handed-back":
          logger.info(`${task} was handed back because the worker stops`, fields);
          break;
        case "overdue":
          logger.error(`${task} failed: its deadline passed before it began`, fields);
          break;
        case "cancelled":
          logger.info(`${task} was cancelled`, fields);
          break;
        case "put-off":
          logger.debug(`${task} waits again: the time of its bundle was up`, fields);
          break;
        case "ended":
        case "held":
        case "early":
          logger.debug(`${task}: nothing to do for this delivery (${outcome.kind})`, fields);
      }
    },
    crashed(task, jobId) {
      logger.error(`${task} took its workers down and was failed: CRASHED`, { task, job: jobId });
    },
    unreadable(task, brokerId) {
      logger.error(`A broker row for ${task} does not name a job; it is dropped`, { task, broker: brokerId });
    },
  };
}
