import type { TenantPart } from "../../tenancy/index.ts";
import type { JobInfo } from "../context.ts";
import type { TaskDefinition } from "../define-task.ts";
import { launchFromTask } from "../launch.ts";
import { startAttempt } from "./attempt.ts";
import type { Begun } from "./begin.ts";
import type { Ended } from "./bundle-end.ts";
import type { Failure } from "./classify.ts";
import { encodeResult, parsePayload } from "./payload.ts";
import type { Stopped } from "./stopped.ts";

/** What has not begun by then waits for another turn: a bundle holds a hand and a transaction. */
export const budgetMs = 100;

/** The handler of one job may still be at it: the connection must be cut, and with it goes all that the others did. */
export type Cut = { cut: Begun; error: unknown; reason: Stopped; startedAt: Date };

/** How a handler ended. With a reason it was told to stop and may still be at it. */
export type Ran =
  | { job: JobInfo; startedAt: Date; result: string | null }
  | { error: unknown; reason: Stopped | undefined; startedAt: Date };

/** Runs the handler of one job in its part of the bundle's transaction. */
export async function runPart(
  { job, payload: raw, deadlineMs }: Begun,
  part: TenantPart,
  definition: TaskDefinition,
  stopping: AbortSignal,
): Promise<Ran> {
  const startedAt = new Date();
  using attempt = startAttempt({ job, deadlineMs }, definition.timeoutMs, stopping);
  try {
    const payload = await parsePayload(definition, raw);
    const returned = await attempt.bound(
      definition.run(payload, {
        job,
        tx: part.tx,
        signal: attempt.signal,
        launch: (task, input, options) => launchFromTask(part.tx, task, input, options),
      }),
    );
    attempt.signal.throwIfAborted();
    const result = await encodeResult(definition, returned);
    await part.keep();
    return { job, startedAt, result };
  } catch (error) {
    return { error, reason: attempt.reason(), startedAt };
  }
}

export function failedPart(
  { job, fence }: Begun,
  startedAt: Date,
  failure: Exclude<Failure, { next: "redeliver" | "cancel" }>,
  error: unknown,
): Ended["failed"][number] {
  if (failure.next === "lost" || failure.next === "hand-back") {
    return { job, fence, startedAt, outcome: { kind: "lost" }, written: undefined };
  }
  const { code, message } = failure;
  if (failure.next === "fail") {
    const written = { code, message, retryInMs: null, counts: true };
    return { job, fence, startedAt, outcome: { kind: "failed", code, message, error }, written };
  }
  const retryAt = new Date(Date.now() + failure.delayMs);
  const kind = failure.next === "snooze" ? "snoozed" : "retried";
  const written = { code, message, retryInMs: failure.delayMs, counts: kind === "retried" };
  return { job, fence, startedAt, outcome: { kind, code, message, retryAt, error }, written };
}
