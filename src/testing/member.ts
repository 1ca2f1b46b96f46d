import { randomBytes } from "node:crypto";
import type { Pool } from "pg";
import { launchJob, type TaskReference } from "../jobs/index.ts";
import type { LaunchOptions, MemberRole } from "../sdk/index.ts";
import { type Member, type TenantTransaction, withTenant } from "../tenancy/index.ts";
import { readJobs, type TestJob } from "./read-jobs.ts";
import { runInPlace } from "./run-in-place.ts";
import type { TestWorld } from "./world.ts";

/** The task itself, which types payload and result, or its name. */
export type TestTask<Input, Output> =
  | string
  | {
      readonly definition: { readonly name: string };
      readonly types?: { input: Input; output: Output };
    };

/** A user of an organization, and what they do. */
export type TestMember = {
  organizationId: string;
  userId: string;
  /** What `withTenant` takes. */
  member: Member;
  /** Launches a job and leaves it to `drain` or a worker. @returns its id */
  launch<Input>(
    task: TaskReference<Input>,
    payload: NoInfer<Input>,
    options?: LaunchOptions,
  ): Promise<string>;
  /**
   * Launches a job and makes one attempt at it here and now, by the code that workers run: same row, same claims, same
   * transaction. It has one attempt unless `maxAttempts` says otherwise, so what its handler throws fails it.
   * @returns the job as it is then; `thrown` is what its handler threw
   */
  run<Input, Output>(
    task: TestTask<Input, Output>,
    payload: NoInfer<Input>,
    options?: LaunchOptions,
  ): Promise<TestJob<Output>>;
  /** A transaction under this member's claims, as the API opens it. */
  transaction<T>(work: (tx: TenantTransaction) => Promise<T>): Promise<T>;
  /** A further user of the same organization. Default role: member. */
  colleague(options?: { role?: MemberRole }): Promise<TestMember>;
};

/** What a member does, whoever's table says that they are one. */
export function actAs(world: TestWorld, { organizationId, userId }: Member): TestMember {
  const { db, tasks, thrown } = world;
  const member = { organizationId, userId };
  const launch = async (
    task: TaskReference<never>,
    payload: unknown,
    options: LaunchOptions | undefined,
    as: Member,
  ) => {
    const name = await tasks.nameFor(task);
    return await withTenant(db.pool("api"), as, (tx) => launchJob(tx, name, payload, options));
  };
  return {
    organizationId,
    userId,
    member,
    launch: (task, payload, options) => launch(task as TaskReference<never>, payload, options, member),
    async run(task, payload, options) {
      const name = await tasks.nameFor(task as TaskReference<never>);
      // Launched from this source it is not handed to the broker: nobody else takes it.
      const as = { ...member, source: "run-task" };
      const id = await launch(name, payload, { maxAttempts: 1, ...options }, as);
      await runInPlace(world, id, name);
      const [job] = await readJobs(db, [id], thrown);
      return job as never;
    },
    transaction: (work) => withTenant(db.pool("api"), member, work),
    async colleague({ role = "member" } = {}) {
      return actAs(world, { organizationId, userId: await addUser(db.pool("owner"), organizationId, role) });
    },
  };
}

/** A new organization; the member has this role, beside an owner whom every organization has. */
export async function makeOrganization(world: TestWorld, role: MemberRole): Promise<TestMember> {
  const owner = world.db.pool("owner");
  const name = randomBytes(5).toString("hex");
  const { rows } = await owner.query<{ organizationId: string; userId: string }>(
    `select organization_id as "organizationId", user_id as "userId" from rowlock_private.create_organization($1, $2)`,
    [name, `owner@${name}.example`],
  );
  const [made] = rows;
  if (made === undefined) throw new Error("create_organization returned nothing");
  const userId = role === "owner" ? made.userId : await addUser(owner, made.organizationId, role);
  return actAs(world, { ...made, userId });
}

async function addUser(owner: Pool, organizationId: string, role: MemberRole): Promise<string> {
  const { rows } = await owner.query<{ userId: string }>(
    `with u as (insert into rowlock.users (email) values ($1) returning id)
     insert into rowlock.memberships (organization_id, user_id, role) select $2, id, $3 from u
     returning user_id as "userId"`,
    [`${role}-${randomBytes(5).toString("hex")}@test.example`, organizationId, role],
  );
  return String(rows[0]?.userId);
}
