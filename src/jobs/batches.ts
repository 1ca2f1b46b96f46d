import { type JobState, type LaunchOptions, RowlockError } from "../sdk/index.ts";
import type { TenantTransaction } from "../tenancy/index.ts";
import { ask } from "./ask.ts";
import { checkPayloads } from "./check-payload.ts";
import { encodePayloads } from "./encode-json.ts";
import { launchJobs } from "./launch.ts";
import { pageOf } from "./page.ts";
import { nameOf, type TaskReference } from "./task-reference.ts";

/** A task and what to run it with. */
export type BatchJob = { task: TaskReference<never>; payload?: unknown };

export type BatchMember = BatchJob & {
  key?: string | undefined;
  /** By which others of the batch depend on it. */
  name?: string | undefined;
  /** Names of other jobs of this batch: it is blocked until all of them have ended. */
  dependsOn?: readonly string[] | undefined;
  ifFailed?: LaunchOptions["ifFailed"];
  /** Beside those of all jobs of the batch. */
  tags?: readonly string[] | undefined;
};

export type BatchOptions = {
  /** For people; at most 200 characters. */
  name?: string | undefined;
  jobs?: readonly BatchMember[] | undefined;
  /** Launched once, when the last job has ended, however they ended. Its payload is checked now. */
  onComplete?: BatchJob | undefined;
} & Pick<LaunchOptions, "runAt" | "priority" | "maxAttempts" | "deadline" | "keyMode" | "tags">;

/** A batch and how many of its jobs are in each state, at one moment. */
export type Batch = {
  id: string;
  name: string;
  progress: { jobs: number } & Record<JobState, number>;
  onCompleteJobId: string | null;
  createdAt: string;
  completedAt: string | null;
};

/**
 * Launches jobs that belong together, all or none, in the caller's tenant transaction. Until the last has ended more may
 * be added: by `launchJob` and `launchJobs` with `batchId`. A batch without jobs waits for its first.
 * @returns its id, and those of the jobs in their order
 * @throws RowlockError as `launchJobs`; INVALID_ARGUMENT when jobs wait for each other; INVALID_PAYLOAD for the job that completes it, under /onComplete
 */
export async function launchBatch(
  tx: TenantTransaction,
  { name, jobs = [], onComplete, ...options }: BatchOptions,
): Promise<{ id: string; jobIds: string[] }> {
  const runs = inRuns(inOrder(jobs));
  const last = onComplete && (await checkLast(tx, onComplete));
  const id = await createBatch(tx, name, last);
  const ids = new Map<BatchMember, string>();
  const named = new Map<string, string>();
  for (const { task, members } of runs) {
    const payloads = members.map(({ payload }) => payload ?? {}) as never[];
    const keys = members.some(({ key }) => key !== undefined)
      ? members.map(({ key }) => key ?? null)
      : undefined;
    const made = await launchJobs(tx, task, payloads, {
      ...options,
      keys,
      batchId: id,
      dependsOn: members[0]?.dependsOn?.map((one) => named.get(one) ?? one),
      ifFailed: members[0]?.ifFailed,
      tags: [...new Set([...(options.tags ?? []), ...(members[0]?.tags ?? [])])],
    });
    for (const [index, member] of members.entries()) {
      ids.set(member, made[index] ?? "");
      if (member.name !== undefined) named.set(member.name, made[index] ?? "");
    }
  }
  return { id, jobIds: jobs.map((member) => ids.get(member) ?? "") };
}

type Last = { task: string; payload: string };

async function checkLast(tx: TenantTransaction, { task, payload }: BatchJob): Promise<Last> {
  const name = nameOf(task);
  const [text = "{}"] = encodePayloads(name, [payload]);
  try {
    await checkPayloads(tx, name, [JSON.parse(text)]);
  } catch (error) {
    if (!(error instanceof RowlockError) || error.code !== "INVALID_PAYLOAD") throw error;
    const issues = error.issues.map(({ path, message }) => ({ path: `/onComplete${path}`, message }));
    throw new RowlockError("INVALID_PAYLOAD", error.message, { issues, cause: error });
  }
  return { task: name, payload: text };
}

async function createBatch(
  tx: TenantTransaction,
  name: string | undefined,
  last: Last | undefined,
): Promise<string> {
  const [made] = await ask<{ id: string }>(tx, "select id from rowlock.create_batch($1, $2, $3)", [
    name?.replaceAll("\0", "") ?? "",
    last?.task ?? null,
    last?.payload ?? null,
  ]);
  return String(made?.id);
}

/**
 * The jobs so that each comes after those it depends on, else as they were given.
 * @throws RowlockError INVALID_ARGUMENT for a name that is not there or there twice, and for jobs that wait for each other
 */
function inOrder(jobs: readonly BatchMember[]): BatchMember[] {
  if (jobs.every(({ dependsOn }) => dependsOn === undefined || dependsOn.length === 0)) return [...jobs];
  const byName = new Map<string, BatchMember>();
  for (const [index, job] of jobs.entries()) {
    if (job.name === undefined) continue;
    if (byName.has(job.name)) throw refuse(index, `the name "${job.name}" is there twice`);
    byName.set(job.name, job);
  }
  const followers = new Map<BatchMember, BatchMember[]>(jobs.map((job) => [job, []]));
  const waitsFor = new Map<BatchMember, number>();
  for (const [index, job] of jobs.entries()) {
    const before = [...new Set(job.dependsOn ?? [])];
    waitsFor.set(job, before.length);
    for (const name of before) {
      const one = byName.get(name);
      if (one === undefined) throw refuse(index, `no job of the batch has the name "${name}"`);
      followers.get(one)?.push(job);
    }
  }
  const order = jobs.filter((job) => waitsFor.get(job) === 0);
  for (const job of order) {
    for (const follower of followers.get(job) ?? []) {
      const left = (waitsFor.get(follower) ?? 0) - 1;
      waitsFor.set(follower, left);
      if (left === 0) order.push(follower);
    }
  }
  if (order.length === jobs.length) return order;
  const index = jobs.findIndex((job) => (waitsFor.get(job) ?? 0) > 0);
  const circle = jobs
    .filter((job) => (waitsFor.get(job) ?? 0) > 0)
    .map(({ name }) => name ?? "without a name");
  throw refuse(index, `these jobs wait for each other: ${circle.slice(0, 10).join(", ")}`);
}

function refuse(index: number, what: string): RowlockError {
  return new RowlockError("INVALID_ARGUMENT", `The batch cannot be launched: ${what}.`, {
    issues: [{ path: `/jobs/${index}/dependsOn`, message: what }],
  });
}

/** Those that depend on nothing, in one launch for each task and its tags; then the others, one by one. */
function inRuns(jobs: readonly BatchMember[]): { task: string; members: BatchMember[] }[] {
  const free = new Map<string, { task: string; members: BatchMember[] }>();
  const others: { task: string; members: BatchMember[] }[] = [];
  for (const job of jobs) {
    const task = nameOf(job.task);
    if ((job.dependsOn ?? []).length > 0) others.push({ task, members: [job] });
    else {
      const same = JSON.stringify([task, job.tags ?? []]);
      const run = free.get(same) ?? { task, members: [] };
      run.members.push(job);
      free.set(same, run);
    }
  }
  return [...free.values(), ...others];
}

type BatchRow = Omit<Batch, "createdAt" | "completedAt"> & { createdAt: Date; completedAt: Date | null };

const columns = `b.id, b.name, to_json(p) as progress, b.on_complete_job_id as "onCompleteJobId",
  b.created_at as "createdAt", b.completed_at as "completedAt"`;

/** A batch of the organization with its progress, undefined when there is none of this id. */
export async function findBatch(tx: TenantTransaction, id: string): Promise<Batch | undefined> {
  const { rows } = await tx.query<BatchRow>(
    `select ${columns} from rowlock.batches b, rowlock.batches_progress(b) p where b.id = $1`,
    [id],
  );
  return rows[0] && toBatch(rows[0]);
}

/** Batches, newest first, a page at a time; `next` is what to pass as `after`, null on the last page. */
export async function listBatches(
  tx: TenantTransaction,
  { first, after }: { first: number; after?: string | undefined },
): Promise<{ batches: Batch[]; next: string | null }> {
  const { rows } = await tx.query<BatchRow>(
    `select ${columns} from (
       select * from rowlock.batches b where b.id < $1 order by b.id desc limit $2) b,
     rowlock.batches_progress(b::rowlock.batches) p order by b.id desc`,
    [after ?? "ffffffff-ffff-ffff-ffff-ffffffffffff", first + 1],
  );
  const { page, next } = pageOf(rows, first);
  return { batches: page.map(toBatch), next };
}

function toBatch({ createdAt, completedAt, ...same }: BatchRow): Batch {
  return {
    ...same,
    createdAt: createdAt.toISOString(),
    completedAt: completedAt?.toISOString() ?? null,
  };
}
