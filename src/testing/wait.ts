import { setTimeout as sleep } from "node:timers/promises";
import { endStates, type JobState, RowlockError } from "../sdk/index.ts";
import type { Database } from "./database/index.ts";
import { notFound, readJobs, readState, type TestJob } from "./read-jobs.ts";

export type WaitOptions = {
  /** Default 10,000. */
  timeoutMs?: number;
};

const askEveryMs = 15;

/**
 * The first answer that fits, by asking often.
 * @throws RowlockError TEST_GAVE_UP with what `describe` says of the last answer
 */
export async function until<T>(
  ask: () => Promise<T>,
  fits: (answer: T) => boolean,
  timeoutMs: number,
  describe: (answer: T) => string | Promise<string>,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    if (performance.now() > deadline) {
      throw new RowlockError("TEST_GAVE_UP", `Waited ${timeoutMs} ms in vain: ${await describe(answer)}`);
    }
    await sleep(askEveryMs);
  }
}

/**
 * Waits for a job that workers run.
 * @param states one of these
 * @throws RowlockError TEST_GAVE_UP saying what the job is instead: in time when it has ended otherwise, else after
 * `timeoutMs`; NOT_FOUND
 */
export async function waitForJob(
  db: Database,
  id: string,
  states: readonly JobState[],
  timeoutMs: number,
): Promise<TestJob> {
  const read = async () => (await readJobs(db, [id], new Map()))[0] ?? notFound(id);
  const describe = async () => describeJob(await read(), states);
  const state = await until(
    async () => (await readState(db, id)) ?? notFound(id),
    (found) => states.includes(found) || (endStates as readonly JobState[]).includes(found),
    timeoutMs,
    describe,
  );
  if (!states.includes(state)) throw new RowlockError("TEST_GAVE_UP", await describe());
  return await read();
}

function describeJob(
  { id, task, state, attempt, maxAttempts, runAt, error }: TestJob,
  wanted: readonly JobState[],
) {
  const why = error === null ? "" : ` (${error.code}: ${error.message})`;
  const since: Partial<Record<JobState, string>> = {
    scheduled: `; it is due at ${runAt} by the database's clock, which db.clock moves`,
    waiting: "; startWorker or drain run it",
    queued: "; startWorker or drain run it",
  };
  return `the job ${id} of "${task}" is ${state}${why} after ${attempt} of ${maxAttempts} attempts, not ${wanted.join(" or ")}${since[state] ?? ""}.`;
}
