import { z } from "zod";
import { Discard, defineTask, type Task } from "../../../src/jobs/index.ts";
import { RowlockError, sqlstateOf } from "../../../src/sdk/index.ts";
import type { TenantTransaction } from "../../../src/tenancy/index.ts";
import type { Target } from "../arena.ts";
import { selectList } from "../sql/statements.ts";

/** What a task saw and what it could do, for the suite to judge. */
export type Seen = {
  /** Every row of every table it may read, as text. */
  rows: string;
  organization: string | null;
  /** SQLSTATE or code of each attack, by name; undefined if it was let through. */
  refusals: Record<string, string | undefined>;
};

const anything = z.object({}).loose();

/** Tasks that look around, write, fail and leak; what they saw lands in `seen`. */
export function attackTasks(targets: readonly Target[], seen: Seen[]): Record<string, Task> {
  const look = async (tx: TenantTransaction): Promise<Omit<Seen, "refusals">> => {
    const rows: unknown[] = [];
    for (const target of targets) {
      rows.push((await tx.query(`select ${selectList(target)} from ${target.name}`)).rows);
    }
    const claimed = await tx.query<{ v: string | null }>("select rowlock.claimed_organization() as v");
    return { rows: JSON.stringify(rows), organization: claimed.rows[0]?.v ?? null };
  };
  return {
    look: defineTask({
      name: "attack/look",
      input: anything,
      output: z.object({ organization: z.string().nullable() }),
      async run(_payload, { tx }) {
        const { rows, organization } = await look(tx);
        seen.push({ rows, organization, refusals: {} });
        return { organization };
      },
    }),
    fromTrigger: defineTask({
      name: "attack/from-trigger",
      input: anything,
      async run(_payload, { tx }) {
        seen.push({ ...(await look(tx)), refusals: {} });
      },
    }),
    lookLong: defineTask({
      name: "attack/look-long",
      kind: "long",
      input: anything,
      async run(_payload, { transaction, progress }) {
        await progress(0.5, "half");
        seen.push({ ...(await transaction(look)), refusals: {} });
      },
    }),
    write: defineTask({
      name: "attack/write",
      input: z.object({ result: z.uuid() }),
      async run({ result }, { tx }) {
        const { rowCount } = await tx.query(
          "update evals.test_results set output = 'from a task' where id = $1",
          [result],
        );
        await tx.query(
          `insert into evals.evaluations (test_result_id, metric, passed, score, reason) values ($1, $2, true, 1, 'x')`,
          [result, `metric of ${Date.now()} ${Math.random()}`],
        );
        if (rowCount !== 1) throw new Discard("No such result.");
      },
    }),
    /** Says it acts for another organization, in every way a task has. */
    pose: defineTask({
      name: "attack/pose",
      kind: "long",
      input: z.object({ organization: z.uuid(), user: z.uuid(), set: z.uuid() }),
      async run({ organization, user, set }, { transaction, launch }) {
        const refusals: Seen["refusals"] = {};
        const tries: Record<string, (tx: TenantTransaction) => Promise<unknown>> = {
          "launch for another": (tx) =>
            tx.query("select rowlock.launch_job_for($1, $2, 'attack/look')", [organization, user]),
          "launch in the kernel": (tx) =>
            tx.query(
              "select rowlock_private.hand_over(array[$1]::uuid[], 'attack/look', now(), 0::smallint)",
              [organization],
            ),
          "write for another": (tx) =>
            tx.query("insert into evals.tests (organization_id, input) values ($1, 'x')", [organization]),
          "use another's set": (tx) => tx.query("select evals.execute_test_set($1, $1)", [set]),
          "enter as another": (tx) =>
            tx.query("select rowlock_private.enter($1, $2, 'attack')", [organization, user]),
          "reset the role and enter": async (tx) => {
            await tx.query("reset role");
            await tx.query("select rowlock_private.enter($1, $2, 'attack')", [organization, user]);
          },
          "the broker": (tx) => tx.query("select graphile_worker.add_job('attack/look')"),
        };
        for (const [name, attempt] of Object.entries(tries)) {
          refusals[name] = await transaction(attempt).then(() => undefined, codeOf);
        }
        const options = { organizationId: organization, organization_id: organization, key: "posed" };
        await launch("attack/look", { organization_id: organization }, options);
        seen.push({ rows: "", organization: null, refusals });
      },
    }),
    leak: defineTask({
      name: "attack/leak",
      input: z.object({ secret: z.string(), how: z.string() }),
      maxAttempts: 1,
      async run({ secret, how }, { tx }) {
        if (how === "sql") await tx.query(`select '${secret}'::int`);
        if (how === "name") throw Object.assign(new Error("x"), { name: secret, code: secret });
        if (how === "cause") throw new Error("x", { cause: new Error(secret) });
        throw new Error(
          `could not sign in with ${secret} at postgres://me:${secret}@host/db?token=${secret}`,
        );
      },
    }),
  };
}

function codeOf(error: unknown): string {
  return error instanceof RowlockError ? error.code : (sqlstateOf(error) ?? String(error));
}
