import type { CallOptions, Connection } from "./connection.ts";
import { ConnectionError, JobCancelledError, JobFailedError } from "./errors.ts";
import type { JobOf } from "./types.ts";
import { refuseAborted, within } from "./waiting.ts";
import { watch } from "./watch.ts";

/** A job that was launched, by its id; its result is typed by its task. */
export type JobHandle<Result = unknown> = {
  readonly id: string;
  /** As it is now. */
  get(options?: CallOptions): Promise<JobOf<Result>>;
  /** As it is now and after each change, to its end. */
  watch(options?: CallOptions): AsyncGenerator<JobOf<Result>, void, undefined>;
  /**
   * Waits for its end.
   * @param options timeoutMs: for how long, not given: as long as it takes
   * @throws JobFailedError, JobCancelledError; ConnectionError TIMEOUT, after which the job goes on, and ABORTED
   */
  result(options?: CallOptions): Promise<Result>;
  cancel(options?: CallOptions & { reason?: string | undefined }): Promise<JobOf<Result>>;
  /** Has a failed or cancelled job run again. */
  retry(options?: CallOptions): Promise<JobOf<Result>>;
};

// A state is told when what was asked for has changed: so all of it that changes while a job goes on.
const subscription =
  "subscription ($id: UUID!) { job(id: $id) { id state attempt runAt startedAt finishedAt cancelRequestedAt progress progressNote } }";

export function jobHandle<Result>(connection: Connection, id: string): JobHandle<Result> {
  const path = `/api/jobs/${encodeURIComponent(id)}`;
  const get = (options: CallOptions = {}) => connection.call<JobOf<Result>>("GET", path, options);
  const ended = ({ finishedAt }: JobOf<Result>) => finishedAt !== null;
  const follow = (options: CallOptions = {}) =>
    watch(connection, { read: get, rings: { query: subscription, id }, ended }, options);

  return {
    id,
    get,
    watch: follow,
    async result({ timeoutMs, signal } = {}) {
      return await within(timeoutMs, signal, async (joined, timedOut) => {
        try {
          for await (const job of follow({ signal: joined })) if (ended(job)) return resultOf<Result>(job);
        } catch (error) {
          refuseAborted(signal, `Waiting for the job ${id}`);
          if (!timedOut()) throw error;
        }
        const message = `The job ${id} has not ended within ${timeoutMs} ms. It goes on; cancel() ends it.`;
        throw new ConnectionError("TIMEOUT", message);
      });
    },
    cancel: ({ reason, ...options } = {}) =>
      connection.call("POST", `${path}/cancel`, { ...options, body: { reason } }),
    retry: (options) => connection.call("POST", `${path}/retry`, options),
  };
}

function resultOf<Result>(job: JobOf<Result>): Result {
  if (job.state === "cancelled") throw new JobCancelledError(job);
  if (job.state === "failed") throw new JobFailedError(job);
  // The worker checked it by the task's own schema before it was stored.
  return job.result as Result;
}
