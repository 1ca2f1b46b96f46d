/**
 * The client, as programs import it: "rowlock/client". It runs on Node 20 and in browsers, speaks HTTP alone, and takes
 * no more than types from the rest of Rowlock.
 */
import { type Batches, batchesOf } from "./batches.ts";
import type { Catalogue, CatalogueOf, TaskRecord } from "./catalogue.ts";
import { type CallOptions, type ClientOptions, connect } from "./connection.ts";
import { type Jobs, jobsOf } from "./jobs.ts";
import { type Schedules, schedulesOf } from "./schedules.ts";
import { type TestRuns, testRunsOf } from "./test-runs.ts";
import type { Viewer } from "./types.ts";

export type { Job, JobState, LaunchOptions } from "../sdk/index.ts";
export type { Batches, BatchJob, BatchLaunch, BatchMember } from "./batches.ts";
export type { TaskRecord } from "./catalogue.ts";
export type { CallOptions, ClientOptions } from "./connection.ts";
export {
  ApiError,
  type ClientError,
  type ConnectionCode,
  ConnectionError,
  isClientError,
  JobCancelledError,
  JobFailedError,
} from "./errors.ts";
export type { JobHandle } from "./job-handle.ts";
export type { JobFilter, Jobs, LaunchCall, LaunchManyCall } from "./jobs.ts";
export type { Page, Pages } from "./pages.ts";
export type { ScheduleFields, SchedulePatch, Schedules } from "./schedules.ts";
export type { Execution, TestRuns } from "./test-runs.ts";
export type {
  Acted,
  Batch,
  Comparison,
  ErrorMatch,
  JobMatch,
  JobOf,
  Schedule,
  TestResult,
  TestRun,
  Viewer,
} from "./types.ts";

export type Client<C = Catalogue> = {
  readonly jobs: Jobs<C>;
  readonly batches: Batches<C>;
  readonly schedules: Schedules<C>;
  /** Of the application shipped with Rowlock, AI test runs. */
  readonly testRuns: TestRuns;
  /** Who it speaks as: organization, user and role. @throws ApiError UNAUTHENTICATED */
  viewer(options?: CallOptions): Promise<Viewer>;
};

/**
 * A client of one organization, that of its token. It holds no connection and needs no end.
 *
 * `createClient<typeof tasks>(…)`, where `tasks` is a record or module of your `defineTask`s: names and payloads are
 * checked by the compiler and results are typed. Without it names are strings and payloads anything.
 */
export function createClient<Tasks extends TaskRecord = TaskRecord>(
  options: ClientOptions,
): Client<CatalogueOf<Tasks>> {
  const connection = connect(options);
  return {
    jobs: jobsOf(connection),
    batches: batchesOf(connection),
    schedules: schedulesOf(connection),
    testRuns: testRunsOf(connection),
    viewer: (options) => connection.call<Viewer>("GET", "/api/viewer", { ...options }),
  };
}
