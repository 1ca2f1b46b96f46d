import { type Job, RowlockError } from "../../sdk/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { ask } from "../ask.ts";
import { checkPayloads } from "../check-payload.ts";
import { encodePayloads } from "../encode-json.ts";
import { findJob } from "../find.ts";
import { pageOf } from "../page.ts";
import { nameOf, type TaskReference } from "../task-reference.ts";
import { checkTiming, nextTick, nextTicks } from "./cron.ts";
import type { CatchUp } from "./plan.ts";

export type ScheduleFields = {
  /** For people, once in an organization; 1 to 200 characters. */
  name: string;
  task: TaskReference<never>;
  /** Checked when the schedule is saved; `{}` if not given. */
  payload?: unknown;
  /** Five fields of cron (minute, hour, day, month, weekday), or @hourly, @daily, @weekly, @monthly, @yearly. */
  expression: string;
  /** Such as Europe/Berlin. Default UTC. */
  timeZone?: string | undefined;
  /** What becomes of ticks that passed while no worker was there. Default "last": the latest of them. */
  catchUp?: CatchUp | undefined;
  /** "skip": a tick launches nothing while the job of an earlier one is unfinished. Default "allow". */
  overlap?: "allow" | "skip" | undefined;
  /** Of its jobs. Default 10: they give way to those of everybody that have none. */
  priority?: number | undefined;
  enabled?: boolean | undefined;
};

export type Schedule = {
  id: string;
  name: string;
  task: string;
  payload: unknown;
  expression: string;
  timeZone: string;
  catchUp: CatchUp;
  overlap: "allow" | "skip";
  priority: number;
  enabled: boolean;
  /** For whom it launches: whoever saved it last. */
  userId: string;
  /** The next tick; null while it is off. */
  nextAt: string | null;
  lastAt: string | null;
  lastJobId: string | null;
  /** Why the last tick launched nothing, or why the schedule was turned off. */
  error: { code: string; message: string } | null;
  createdAt: string;
  updatedAt: string;
};

/**
 * Makes a schedule in the caller's tenant transaction; it launches for the caller.
 * @throws RowlockError INVALID_ARGUMENT, INVALID_PAYLOAD, UNKNOWN_TASK; NOT_ALLOWED for a task the caller may not launch;
 *   CONFLICT when the name is taken
 */
export async function createSchedule(tx: TenantTransaction, fields: ScheduleFields): Promise<Schedule> {
  const timing = { expression: fields.expression, timeZone: fields.timeZone ?? "UTC" };
  const now = await clock(tx);
  checkTiming(timing, now);
  const task = nameOf(fields.task);
  const payload = await checkedPayload(tx, task, fields.payload);
  const [made] = await ask<{ id: string }>(
    tx,
    "select id from rowlock.create_schedule($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    [
      storable(fields.name),
      task,
      timing.expression,
      payload,
      timing.timeZone,
      fields.catchUp ?? "last",
      fields.overlap ?? "allow",
      fields.priority ?? 10,
      fields.enabled ?? true,
      nextTick(timing, now),
    ],
  );
  return await getSchedule(tx, String(made?.id));
}

/**
 * Changes what is given; from then on the schedule launches for the caller.
 * @throws RowlockError as `createSchedule`; NOT_FOUND
 */
export async function updateSchedule(
  tx: TenantTransaction,
  id: string,
  patch: { [Field in keyof ScheduleFields]?: ScheduleFields[Field] | undefined },
): Promise<Schedule> {
  const known = await getSchedule(tx, id);
  const timing = {
    expression: patch.expression ?? known.expression,
    timeZone: patch.timeZone ?? known.timeZone,
  };
  const now = await clock(tx);
  checkTiming(timing, now);
  const task = patch.task === undefined ? known.task : nameOf(patch.task);
  const renewed = patch.task !== undefined || patch.payload !== undefined;
  const payload = renewed ? await checkedPayload(tx, task, patch.payload ?? known.payload) : undefined;
  await ask(tx, "select from rowlock.update_schedule($1, $2, $3)", [
    id,
    JSON.stringify({
      name: patch.name === undefined ? undefined : storable(patch.name),
      task: patch.task === undefined ? undefined : task,
      payload: payload === undefined ? undefined : (JSON.parse(payload) as unknown),
      expression: patch.expression,
      time_zone: patch.timeZone,
      catch_up: patch.catchUp,
      overlap: patch.overlap,
      priority: patch.priority,
      enabled: patch.enabled,
    }),
    nextTick(timing, now),
  ]);
  return await getSchedule(tx, id);
}

/** Removes a schedule; jobs it launched stay. @throws RowlockError NOT_FOUND */
export async function deleteSchedule(tx: TenantTransaction, id: string): Promise<void> {
  await ask(tx, "select rowlock.delete_schedule($1)", [id]);
}

/** Launches its job now, for the caller; its ticks stay as they are. @throws RowlockError NOT_FOUND, NOT_ALLOWED */
export async function runSchedule(tx: TenantTransaction, id: string): Promise<Job | undefined> {
  const [made] = await ask<{ id: string }>(tx, "select id from rowlock.run_schedule($1)", [id]);
  return await findJob(tx, String(made?.id));
}

/** The next ticks of a timing, at most 100: to look at before it is saved. @throws RowlockError INVALID_ARGUMENT */
export async function previewTicks(
  tx: TenantTransaction,
  timing: { expression: string; timeZone?: string | undefined },
  most: number,
): Promise<Date[]> {
  const now = await clock(tx);
  return nextTicks({ expression: timing.expression, timeZone: timing.timeZone ?? "UTC" }, now, most);
}

type Row = Omit<Schedule, "nextAt" | "lastAt" | "createdAt" | "updatedAt"> & {
  nextAt: Date | null;
  lastAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
};

const columns = `id, name, task, payload, expression, time_zone as "timeZone", catch_up as "catchUp", overlap, priority,
  enabled, user_id as "userId", next_at as "nextAt", last_at as "lastAt", last_job_id as "lastJobId",
  case when error_code is not null then json_build_object('code', error_code, 'message', error_message) end as error,
  created_at as "createdAt", updated_at as "updatedAt"`;

/** A schedule of the organization, undefined when there is none of this id. */
export async function findSchedule(tx: TenantTransaction, id: string): Promise<Schedule | undefined> {
  const { rows } = await tx.query<Row>(`select ${columns} from rowlock.schedules where id = $1`, [id]);
  return rows[0] && toSchedule(rows[0]);
}

/** @throws RowlockError NOT_FOUND */
export async function getSchedule(tx: TenantTransaction, id: string): Promise<Schedule> {
  const found = await findSchedule(tx, id);
  if (found === undefined) {
    throw new RowlockError("NOT_FOUND", `There is no schedule ${id} in this organization.`);
  }
  return found;
}

/** Schedules, newest first, a page at a time; `next` is what to pass as `after`, null on the last page. */
export async function listSchedules(
  tx: TenantTransaction,
  { first, after }: { first: number; after?: string | undefined },
): Promise<{ schedules: Schedule[]; next: string | null }> {
  const { rows } = await tx.query<Row>(
    `select ${columns} from rowlock.schedules where id < $1 order by id desc limit $2`,
    [after ?? "ffffffff-ffff-ffff-ffff-ffffffffffff", first + 1],
  );
  const { page, next } = pageOf(rows, first);
  return { schedules: page.map(toSchedule), next };
}

function toSchedule({ nextAt, lastAt, createdAt, updatedAt, ...same }: Row): Schedule {
  return {
    ...same,
    nextAt: nextAt?.toISOString() ?? null,
    lastAt: lastAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

/** The database's: workers tick by it. */
async function clock(tx: TenantTransaction): Promise<Date> {
  const [row] = await ask<{ now: Date }>(tx, "select rowlock.clock() as now", []);
  return row?.now ?? new Date();
}

async function checkedPayload(tx: TenantTransaction, task: string, payload: unknown): Promise<string> {
  const [text = "{}"] = encodePayloads(task, [payload ?? {}]);
  await checkPayloads(tx, task, [JSON.parse(text)]);
  return text;
}

const storable = (text: string) => text.replaceAll("\0", "");
