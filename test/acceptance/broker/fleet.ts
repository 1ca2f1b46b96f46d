import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withTenant } from "../../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase, withClient } from "../../helpers/database.ts";
import { until } from "../../helpers/jobs.ts";
import type { TestOrganization } from "../../helpers/organization.ts";
import { spawnWorker } from "../../helpers/worker.ts";
import { createSpans } from "./spans.ts";

const largestLaunch = 5_000;

/** A database with the tasks of `tasks/` and worker processes of their own. */
export type Fleet = AsyncDisposable & { db: TestDatabase };

/** Starts worker processes and waits until each is there. */
export async function startFleet(processes: number, env: Record<string, string>): Promise<Fleet> {
  await using starting = new AsyncDisposableStack();
  const db = starting.use(await createTestDatabase());
  await createSpans(db);
  const all = { TASKS_DIR: join(import.meta.dirname, "tasks"), ...env };
  for (let n = 0; n < processes; n += 1) starting.use(spawnWorker(db, "rowlock", all));
  await until(
    () => numbers(db, "select count(*) from rowlock_private.workers"),
    ([count]) => count === processes,
    60_000,
  );
  const ends = starting.move();
  return { db, [Symbol.asyncDispose]: () => ends.disposeAsync() };
}

/** Launches `count` jobs of one payload, some thousands a statement. */
export async function launch(
  { db }: Fleet,
  { member }: TestOrganization,
  task: string,
  count: number,
  payload: { ms?: number; label?: string } = {},
): Promise<void> {
  for (let left = count; left > 0; left -= largestLaunch) {
    await withTenant(db.pool("api"), member, (tx) =>
      tx.query("select rowlock.launch_jobs($1, array_fill($2::jsonb, array[$3::int]))", [
        task,
        JSON.stringify(payload),
        Math.min(left, largestLaunch),
      ]),
    );
  }
}

export type Limits = Partial<{
  weight: number;
  max_running: number | null;
  rate_jobs: number | null;
  rate_ms: number | null;
  paused: boolean;
}>;

/** Sets what an operator sets of organizations. */
export async function setPolicies(
  fleet: Fleet,
  organizations: readonly TestOrganization[],
  limits: Limits,
): Promise<void> {
  const ids = organizations.map(({ organizationId }) => organizationId);
  await upsert(fleet, "policies", "organization_id", ids, limits);
}

/** Sets what an operator sets of a task. */
export async function setTaskPolicy(fleet: Fleet, task: string, limits: Limits): Promise<void> {
  await upsert(fleet, "task_policies", "task", [task], limits);
}

/** Runs SQL as an operator. */
export async function asOperator({ db }: Fleet, sql: string, values?: unknown[]): Promise<void> {
  await withClient(db.urls.admin, async (client) => {
    await client.query("set role rowlock_operator");
    await client.query(sql, values);
  });
}

async function upsert(
  fleet: Fleet,
  table: "policies" | "task_policies",
  key: "organization_id" | "task",
  ids: readonly string[],
  limits: Limits,
): Promise<void> {
  const columns = Object.keys(limits);
  const type = key === "task" ? "text" : "uuid";
  await asOperator(
    fleet,
    `insert into rowlock.${table} (${[key, ...columns].join(", ")})
     select id, ${columns.map((_, n) => `$${n + 2}`).join(", ")} from unnest($1::${type}[]) id
     on conflict (${key}) do update set ${columns.map((column) => `${column} = excluded.${column}`).join(", ")}`,
    [ids, ...Object.values(limits)],
  );
}

/** Jobs per second that end of each organization, counted for some time. */
export async function ratesOf(
  { db }: Fleet,
  organizations: readonly TestOrganization[],
  ms: number,
): Promise<number[]> {
  const clock = "select extract(epoch from clock_timestamp())::float8";
  const [from = 0] = await numbers(db, clock);
  await sleep(ms);
  const [to = 0] = await numbers(db, clock);
  return await numbers(
    db,
    `select (select count(*) from rowlock.job_end e where e.organization_id = o.id
       and e.finished_at between to_timestamp($2) and to_timestamp($3))::float8 / ($3::float8 - $2::float8)
     from unnest($1::uuid[]) with ordinality o(id, n) order by n`,
    [organizations.map(({ organizationId }) => organizationId), from, to],
  );
}

/** Waits until so many jobs of an organization have ended. */
export async function untilEnded(
  { db }: Fleet,
  { organizationId }: TestOrganization,
  count: number,
  timeoutMs = 60_000,
): Promise<void> {
  await until(
    () => numbers(db, "select count(*) from rowlock.job_end where organization_id = $1", [organizationId]),
    ([ended = 0]) => ended >= count,
    timeoutMs,
  );
}

/** The first column of the rows. */
async function numbers(db: TestDatabase, sql: string, values: unknown[] = []): Promise<number[]> {
  const { rows } = await db.pool("admin").query<[unknown]>({ text: sql, values, rowMode: "array" } as never);
  return rows.map(([value]) => Number(value));
}
