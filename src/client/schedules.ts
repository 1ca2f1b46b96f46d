import type { Job } from "../sdk/index.ts";
import type { BatchJob } from "./batches.ts";
import type { CallOptions, Connection } from "./connection.ts";
import { type Pages, pagesOf } from "./pages.ts";
import type { Schedule } from "./types.ts";

type Timing = {
  /** Five fields of cron (minute, hour, day, month, weekday), or @hourly, @daily, @weekly, @monthly, @yearly. */
  expression: string;
  /** Such as Europe/Berlin. Default UTC. */
  timeZone?: string | undefined;
};

type Manner = {
  catchUp?: Schedule["catchUp"] | undefined;
  overlap?: Schedule["overlap"] | undefined;
  priority?: number | undefined;
  enabled?: boolean | undefined;
};

export type ScheduleFields<C> = BatchJob<C> & Timing & Manner & { name: string };
export type SchedulePatch<C> = (BatchJob<C> | { task?: undefined; payload?: unknown }) &
  Partial<Timing> &
  Manner & { name?: string | undefined };

export type Schedules<C> = {
  create(fields: ScheduleFields<C>, options?: CallOptions): Promise<Schedule>;
  get(id: string, options?: CallOptions): Promise<Schedule>;
  update(id: string, patch: SchedulePatch<C>, options?: CallOptions): Promise<Schedule>;
  /** Newest first. */
  list(options?: CallOptions & { first?: number | undefined }): Pages<Schedule>;
  /** Jobs that it launched stay. */
  remove(id: string, options?: CallOptions): Promise<void>;
  /** Launches its job now. */
  runNow(id: string, options?: CallOptions): Promise<Job>;
  /** When an expression will tick, before it is saved; at most 100, 5 if not given. */
  ticks(timing: Timing & { first?: number | undefined }, options?: CallOptions): Promise<string[]>;
};

export function schedulesOf<C>(connection: Connection): Schedules<C> {
  const at = (id: string) => `/api/schedules/${encodeURIComponent(id)}`;
  return {
    create: (body, options) => connection.call("POST", "/api/schedules", { ...options, body }),
    get: (id, options) => connection.call("GET", at(id), options),
    update: (id, body, options) => connection.call("PATCH", at(id), { ...options, body }),
    list: ({ signal, timeoutMs, first } = {}) =>
      pagesOf(async (after) => {
        const call = { signal, timeoutMs, query: { first, after } };
        type Listed = { schedules: Schedule[]; next: string | null };
        const { schedules, next } = await connection.call<Listed>("GET", "/api/schedules", call);
        return { items: schedules, next };
      }),
    remove: (id, options) => connection.call("DELETE", at(id), options),
    runNow: (id, options) => connection.call("POST", `${at(id)}/run`, options),
    async ticks(query, options) {
      const call = { ...options, query };
      return (await connection.call<{ ticks: string[] }>("GET", "/api/schedules/ticks", call)).ticks;
    },
  };
}
