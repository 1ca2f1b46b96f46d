import type { Job, JobState, LaunchOptions } from "../sdk/index.ts";
import type { Named, PayloadOf, ResultIn } from "./catalogue.ts";
import type { CallOptions, Connection } from "./connection.ts";
import { type JobHandle, jobHandle } from "./job-handle.ts";
import { type Pages, pagesOf } from "./pages.ts";
import type { Acted, ErrorMatch, JobMatch } from "./types.ts";

/** Makes a launch safe to send again. Not given: a new one for each call, so that the client's own tries are safe. */
export type Idempotent = { idempotencyKey?: string | undefined };
export type LaunchCall = LaunchOptions & Idempotent & CallOptions;
export type LaunchManyCall = Omit<LaunchOptions, "key"> &
  Idempotent &
  CallOptions & {
    /** As many as payloads. */
    keys?: readonly string[] | undefined;
  };

export type JobFilter = {
  state?: JobState | undefined;
  task?: string | undefined;
  key?: string | undefined;
  batchId?: string | undefined;
  /** Page size, 1 to 100. Default 50. */
  first?: number | undefined;
};

export type Jobs<C> = {
  /** Launches a job. @throws ApiError UNKNOWN_TASK, INVALID_PAYLOAD with issues, NOT_ALLOWED, … */
  launch<Name extends Named<C>>(
    task: Name,
    payload: PayloadOf<C, Name>,
    options?: LaunchCall,
  ): Promise<JobHandle<ResultIn<C, Name>>>;
  /** As many jobs of one task as there are payloads, at most 10,000, all or none. */
  launchMany<Name extends Named<C>>(
    task: Name,
    payloads: readonly PayloadOf<C, Name>[],
    options?: LaunchManyCall,
  ): Promise<JobHandle<ResultIn<C, Name>>[]>;
  /** A job that is known by its id, without asking for it; whoever names its task gets its result typed. */
  handle<Name extends Named<C>>(id: string, task?: Name): JobHandle<ResultIn<C, Name>>;
  get(id: string, options?: CallOptions): Promise<Job>;
  /** Newest first. */
  list(filter?: JobFilter & CallOptions): Pages<Job>;
  cancel(id: string, options?: CallOptions & { reason?: string | undefined }): Promise<Job>;
  retry(id: string, options?: CallOptions): Promise<Job>;
  /** How many match: asked before `cancelMany` and `retryMany`, whose `atMost` it is. */
  count(match: JobMatch & ErrorMatch, options?: CallOptions): Promise<number>;
  /** @throws ApiError CONFLICT when more match than `atMost` */
  cancelMany(
    match: JobMatch,
    options: CallOptions & { atMost: number; reason?: string | undefined },
  ): Promise<Acted>;
  /** @throws ApiError CONFLICT when more match than `atMost` */
  retryMany(match: JobMatch & ErrorMatch, options: CallOptions & { atMost: number }): Promise<Acted>;
};

export function jobsOf<C>(connection: Connection): Jobs<C> {
  return {
    async launch(task, payload, options = {}) {
      const { call, rest } = launching(options);
      const { id } = await connection.call<Job>("POST", "/api/jobs", {
        ...call,
        body: { task, payload, ...rest },
      });
      return jobHandle(connection, id);
    },
    async launchMany(task, payloads, options = {}) {
      if (payloads.length === 0) return [];
      const { call, rest } = launching(options);
      const { ids } = await connection.call<{ ids: string[] }>("POST", "/api/jobs/bulk", {
        ...call,
        body: { task, payloads, ...rest },
      });
      return ids.map((id) => jobHandle(connection, id));
    },
    handle: (id) => jobHandle(connection, id),
    get: (id, options) => jobHandle(connection, id).get(options) as Promise<Job>,
    list: ({ signal, timeoutMs, ...filter } = {}) =>
      pagesOf(async (after) => {
        const call = { signal, timeoutMs, query: { ...filter, after } };
        type Listed = { jobs: Job[]; next: string | null };
        const { jobs, next } = await connection.call<Listed>("GET", "/api/jobs", call);
        return { items: jobs, next };
      }),
    cancel: (id, options) => jobHandle(connection, id).cancel(options) as Promise<Job>,
    retry: (id, options) => jobHandle(connection, id).retry(options) as Promise<Job>,
    async count(match, options) {
      const call = { ...options, body: match, repeatable: true };
      return (await connection.call<{ jobs: number }>("POST", "/api/jobs/count", call)).jobs;
    },
    cancelMany: (match, { atMost, reason, ...call }) =>
      connection.call("POST", "/api/jobs/cancel", { ...call, body: { ...match, atMost, reason } }),
    retryMany: (match, { atMost, ...call }) =>
      connection.call("POST", "/api/jobs/retry", { ...call, body: { ...match, atMost } }),
  };
}

/** What of a launch's options is the call's, and what is the job's. */
export function launching<Options extends Idempotent & CallOptions>(options: Options) {
  const { signal, timeoutMs, idempotencyKey = crypto.randomUUID(), ...rest } = options;
  return { call: { signal, timeoutMs, idempotencyKey }, rest };
}
