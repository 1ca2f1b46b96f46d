import { randomBytes } from "node:crypto";
import { launchJob, type Outcome, runJob, syncCatalogue, type Task } from "../../../src/jobs/index.ts";
import { withTenant } from "../../../src/tenancy/index.ts";
import { type Arena, readerOf } from "../arena.ts";
import { EnoughFound, markIn, type Report } from "../report.ts";
import { newId, type Side } from "../side.ts";
import { attackTasks, type Seen } from "./handlers.ts";

type Job = { state: string; error_code: string | null; error_message: string | null; result: unknown };

/** The part inside tasks that needs no worker process: each job goes the way a worker sends it. */
export async function attackInTasks(arena: Arena, report: Report): Promise<void> {
  try {
    await runAttacks(arena, report);
  } finally {
    // Their payloads name the other organization, which the next run would take for a leak.
    const admin = arena.db.pool("admin");
    for (const table of ["job", "live", "job_end"]) {
      await admin.query(`delete from rowlock.${table} where task like 'attack/%'`);
    }
  }
}

async function runAttacks(arena: Arena, report: Report): Promise<void> {
  const { db, north, south } = arena;
  const seen: Seen[] = [];
  const tasks = attackTasks(
    arena.targets.filter((target) => readerOf(target) !== undefined),
    seen,
  );
  await syncCatalogue(db.pool("task"), Object.values(tasks));
  const say = (about: string, what: string) => report.add("W", about, what);

  const launch = async (task: Task, payload: object, side: Side = north, user = side.users.member) =>
    await withTenant(db.pool("api"), { organizationId: side.id, userId: user }, (tx) =>
      launchJob<object>(tx, task.definition.name, payload),
    );
  const run = async (id: string, task: Task) =>
    await runJob(db.pool("task"), id, task, new AbortController().signal);
  const jobOf = async (id: string): Promise<Job | undefined> =>
    (await db.pool("admin").query<Job>("select * from rowlock.job_end where id = $1", [id])).rows[0];
  const attack = async (about: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (error instanceof EnoughFound) throw error;
      say(about, `control: it failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  /** Runs a task that must succeed and judges what it saw. */
  const control = async (task: Task | undefined, payload: object, side = north, other = south) => {
    if (task === undefined) return;
    await attack(task.definition.name, async () => {
      const outcome = await run(await launch(task, payload, side), task);
      judge(say, task.definition.name, outcome, seen.pop(), side, other);
    });
  };

  await control(tasks.look, {});
  await control(tasks.look, {}, south, north);
  await control(tasks.lookLong, {});
  await control(tasks.write, { result: north.ids.openResult });
  await attack("attack/write", async () => {
    if (tasks.write === undefined) return;
    const id = await launch(tasks.write, { result: south.ids.openResult });
    const { kind } = await run(id, tasks.write);
    if (kind === "succeeded") say("attack/write", "a task wrote another's result");
  });

  await attack("a trigger without claims", async () => {
    if (tasks.fromTrigger === undefined) return;
    const id = await launchByTrigger(arena);
    if (id === undefined) say("a trigger without claims", "control: it launched nothing");
    else judge(say, "a trigger without claims", await run(id, tasks.fromTrigger), seen.pop(), north, south);
  });

  await attack("attack/pose", async () => {
    if (tasks.pose === undefined) return;
    const payload = { organization: south.id, user: south.users.owner, set: south.ids.set };
    const { kind } = await run(await launch(tasks.pose, payload, north, north.users.owner), tasks.pose);
    const refusals = Object.entries(seen.pop()?.refusals ?? {});
    if (kind !== "succeeded" || refusals.length === 0) say("attack/pose", `control: it ${kind}`);
    for (const [name, code] of refusals) {
      if (code === undefined) say("attack/pose", `${name}: was allowed`);
    }
    const { rows } = await db
      .pool("admin")
      .query<{ organization_id: string }>(
        "select organization_id from rowlock.job where key = 'posed' and organization_id <> $1",
        [north.id],
      );
    if (rows.length > 0) say("attack/pose", "launched a job of another organization");
  });

  for (const how of ["message", "sql", "name", "cause"]) {
    await attack("attack/leak", async () => {
      if (tasks.leak === undefined) return;
      const secret = `hunter2${randomBytes(8).toString("hex")}`;
      const id = await launch(tasks.leak, { secret, how });
      await run(id, tasks.leak);
      const stored = await db
        .pool("admin")
        .query("select code, message from rowlock.job_events where job_id = $1", [id]);
      const ended = await jobOf(id);
      if (ended?.state !== "failed") say("attack/leak", `control: the job is ${ended?.state}`);
      if (stored.rows.length === 0) say("attack/leak", "control: the failure left no event");
      if (markIn(JSON.stringify([ended, stored.rows]), [secret, south.canary])) {
        say("attack/leak", `the error's text is stored for the tenant (${how})`);
      }
    });
  }
}

/** A row that the owner puts in without claims: the trigger of its table launches for the row's organization. */
async function launchByTrigger({ db, north }: Arena): Promise<string | undefined> {
  const admin = db.pool("admin");
  const note = newId();
  await admin.query(
    `create trigger attack after insert on app.notes for each row
     execute function rowlock.launch_on_change('attack/from-trigger', 'id')`,
  );
  try {
    await admin.query("insert into app.notes (organization_id, id, title) values ($1, $2, 'triggers')", [
      north.id,
      note,
    ]);
    const { rows } = await admin.query<{ id: string }>(
      "select id from rowlock.job where organization_id = $1 and payload ->> 'id' = $2 and user_id is null",
      [north.id, note],
    );
    return rows[0]?.id;
  } finally {
    await admin.query("drop trigger attack on app.notes");
    await admin.query("delete from app.notes where id = $1", [note]);
  }
}

function judge(
  say: (about: string, what: string) => void,
  about: string,
  outcome: Outcome,
  seen: Seen | undefined,
  own: Side,
  other: Side,
): void {
  if (outcome.kind !== "succeeded") {
    const why = "code" in outcome ? ` ${outcome.code} ${outcome.message} ${String(outcome.error)}` : "";
    say(about, `control: the job ${outcome.kind}${why}`);
    return;
  }
  if (seen === undefined) return;
  if (seen.organization !== own.id) say(about, `ran under the claims of ${seen.organization}`);
  const mark = markIn(seen.rows, other.marks);
  if (mark !== undefined) say(about, `sees ${mark}`);
  if (!seen.rows.includes(own.canary)) say(about, "control: sees none of its own organization's rows");
}
