import type { LaunchOptions } from "../sdk/index.ts";
import type { TenantTransaction } from "../tenancy/index.ts";
import type { Finish } from "./finish.ts";
import type { TaskReference } from "./task-reference.ts";

/** What a handler knows of the job it runs. */
export type JobInfo = {
  id: string;
  task: string;
  organizationId: string;
  /** Who launched it; null when a trigger without claims or a schedule did. */
  userId: string | null;
  key: string | null;
  /** 1 on the first try. */
  attempt: number;
  maxAttempts: number;
  createdAt: Date;
};

type Common = {
  job: JobInfo;
  /** Aborts at the time limit and when the worker stops. Pass it to everything that waits. */
  signal: AbortSignal;
  /** Launches another job of the same organization. In a transactional task it commits with the task's own writes. */
  launch<Input>(
    task: TaskReference<Input>,
    payload: NoInfer<Input>,
    options?: LaunchOptions,
  ): Promise<string>;
};

export type TransactionalContext = Common & {
  /** The one transaction of this job, under its organization's claims. */
  tx: TenantTransaction;
};

export type StepContext = {
  signal: AbortSignal;
  /** The same for each try at this step: pass it to whoever must not do it twice. */
  idempotencyKey: string;
};

export type LongContext = Common & {
  /**
   * Does something once: its result is stored, at most 256 KB of JSON, and given back when the job is tried again, also by
   * a later version of the task. What was under way when a worker died is done again, with the same `idempotencyKey`.
   * @param name its own within the job, the same on each try
   */
  step<T>(name: string, work: (context: StepContext) => Promise<T> | T): Promise<T>;
  /**
   * Ends this attempt until the moment, or for so many milliseconds, without counting it; no worker is held. Then the
   * handler runs again from its start, past its steps. Let what it throws pass.
   */
  sleep(name: string, until: Date | number): Promise<void>;
  /** A short transaction under the organization's claims; refused (JOB_LOST) once another attempt holds the job. */
  transaction<T>(work: (tx: TenantTransaction) => Promise<T>): Promise<T>;
  /**
   * The last transaction, in which the job ends: to be returned by the handler. What `work` writes is there exactly once,
   * if and only if the job has succeeded; what it returns is the job's result.
   */
  finish<T>(work: (tx: TenantTransaction) => Promise<T>): Finish<T>;
  /** How far the job is, 0 to 1, with a note for people. Written at most twice a second. */
  progress(fraction: number, note?: string): Promise<void>;
};
