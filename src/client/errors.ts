import type { ErrorCode, Issue, Job } from "../sdk/index.ts";

/** What goes wrong between the program and the API. */
export type ConnectionCode = "TIMEOUT" | "NETWORK" | "ABORTED";

/** Anything that the client throws; `isClientError` narrows it to the one that its `code` says. */
abstract class BaseError extends Error {
  abstract readonly code: string;
  /** Of the answer, if there was one. */
  readonly status: number | undefined;
  readonly issues: readonly Issue[];

  constructor(
    message: string,
    options: { status?: number; issues?: readonly Issue[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.status = options.status;
    this.issues = options.issues ?? [];
  }
}

/** The API refused, by one of its codes: docs/errors.md lists them. */
export class ApiError extends BaseError {
  readonly code: ErrorCode;

  constructor(
    code: ErrorCode,
    message: string,
    options: { status?: number; issues?: readonly Issue[] } = {},
  ) {
    super(message, options);
    this.code = code;
  }
}

/** There was no answer of the API: it took too long, cannot be reached, or the program's own signal ended the call. */
export class ConnectionError extends BaseError {
  readonly code: ConnectionCode;

  constructor(code: ConnectionCode, message: string, options: { status?: number; cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}

/** The job whose result was waited for has failed: `reason` says by which code of the task's or of ours. */
export class JobFailedError extends BaseError {
  readonly code = "JOB_FAILED";
  readonly job: Job;
  readonly reason: { code: string; message: string };

  constructor(job: Job) {
    const reason = job.error ?? { code: "TASK_FAILED", message: "nothing is known of it" };
    super(`The job ${job.id} of "${job.task}" failed: ${reason.code}: ${reason.message}`);
    this.job = job;
    this.reason = reason;
  }
}

/** The job whose result was waited for was cancelled. */
export class JobCancelledError extends BaseError {
  readonly code = "JOB_CANCELLED";
  readonly job: Job;

  constructor(job: Job) {
    super(`The job ${job.id} of "${job.task}" was cancelled: ${job.error?.message ?? "no reason was given"}`);
    this.job = job;
  }
}

/** All that the client throws, told apart by `code`. */
export type ClientError = ApiError | ConnectionError | JobFailedError | JobCancelledError;

export function isClientError(error: unknown): error is ClientError {
  return error instanceof BaseError;
}
