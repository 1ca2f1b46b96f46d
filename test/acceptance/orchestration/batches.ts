import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type Batch, findBatch, launchBatch } from "../../../src/jobs/index.ts";
import { type TenantTransaction, withTenant } from "../../../src/tenancy/index.ts";
import { noteTexts } from "../../helpers/jobs.ts";
import { makeOrganization } from "../../helpers/organization.ts";
import { startFleet } from "./fleet.ts";

const large = 10_000;
const small = { batches: 100, jobs: 20 };
const killEveryMs = 2_000;
const longestMs = 180_000;

/** Line 2: one large batch and a hundred small ones, while a worker is killed every two seconds. */
export async function batchesUnderFire(): Promise<string> {
  await using fleet = await startFleet(4);
  const { db } = fleet;
  const { member } = await makeOrganization(db, { role: "member" });
  const as = <T>(work: (tx: TenantTransaction) => Promise<T>) => withTenant(db.pool("api"), member, work);
  const make = (name: string, count: number) =>
    as((tx) =>
      launchBatch(tx, {
        name,
        jobs: Array.from({ length: count }, (_, n) => ({
          // Half of them in bundles, half one by one: so they end together, and at the same moment.
          task: n % 2 === 0 ? "child" : "lone-child",
          payload: { text: `${name} ${n}`, ms: n % 2 === 0 ? 0 : 100 },
        })),
        onComplete: { task: "child", payload: { text: `${name} complete` } },
      }),
    );
  const began = performance.now();
  const sizes = new Map<string, number>([[(await make("large", large)).id, large]]);
  for (let n = 0; n < small.batches; n += 1) sizes.set((await make(`small-${n}`, small.jobs)).id, small.jobs);

  const over = new AbortController();
  const killing = fleet.killEvery(killEveryMs, over.signal);
  const ended = new Map<string, number>();
  let reads = 0;
  const done = new Map<string, Batch>();
  while (done.size < sizes.size) {
    assert.ok(
      performance.now() - began < longestMs,
      `after ${longestMs} ms ${done.size} batches are complete`,
    );
    for (const [id, size] of sizes) {
      if (done.has(id)) continue;
      const batch = (await as((tx) => findBatch(tx, id))) ?? assert.fail("a batch is gone");
      ended.set(id, check(batch, size, ended.get(id) ?? 0));
      reads += 1;
      if (batch.completedAt !== null) done.set(id, batch);
    }
    await sleep(20);
  }
  const seconds = (performance.now() - began) / 1_000;
  // The jobs that complete them run as well.
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(100)) {
    if ((await noteTexts(db)).filter((text) => text.endsWith("complete")).length >= sizes.size) break;
  }
  over.abort();
  const kills = await killing;
  await sleep(1_000);

  const texts = await noteTexts(db);
  const wanted = large + small.batches * small.jobs + sizes.size;
  assert.equal(texts.length, wanted);
  assert.equal(new Set(texts).size, wanted);
  const { rows } = await db
    .pool("admin")
    .query<{ jobs: number }>("select count(*)::int as jobs from rowlock.job where source = 'batch'");
  assert.equal(rows[0]?.jobs, sizes.size);
  assert.ok(kills >= 3, `only ${kills} workers were killed`);
  return `${sizes.size} batches, ${wanted} jobs and as many effects, ${kills} workers killed in ${seconds.toFixed(0)} s; each completed once; ${reads} counts read, all right`;
}

/** @returns how many of its jobs have ended */
function check(
  { name, progress, completedAt, onCompleteJobId }: Batch,
  size: number,
  before: number,
): number {
  const { jobs, succeeded, failed, cancelled, ...unfinished } = progress;
  const open = Object.values(unfinished).reduce((sum, count) => sum + count, 0);
  const figures = `${name}: ${JSON.stringify(progress)}, completed ${completedAt}`;
  assert.equal(jobs, size, figures);
  assert.equal(succeeded + open, size, figures);
  assert.deepEqual([failed, cancelled], [0, 0], figures);
  assert.ok(succeeded >= before, figures);
  assert.equal(completedAt !== null, open === 0, figures);
  assert.equal(onCompleteJobId !== null, open === 0, figures);
  return succeeded;
}
