import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { launchJob } from "../../../src/jobs/index.ts";
import { withTenant } from "../../../src/tenancy/index.ts";
import { until, waitForJob } from "../../helpers/jobs.ts";
import { asOwner, makeOrganization } from "../../helpers/organization.ts";
import { startFleet } from "./fleet.ts";

const steps = 10;
/** The one whose call is under way when its worker is killed. */
const interrupted = 5;

/**
 * Line 4: its worker is killed when it has stored a step and not begun the next, each in turn; and once while a call is
 * under way.
 */
export async function stepsUnderFire(): Promise<string> {
  await using fleet = await startFleet(1);
  const { db } = fleet;
  const { member } = await makeOrganization(db, { role: "member" });
  const calls: { step: number; key: string }[] = [];
  /** Between two steps the handler asks whether it may go on. */
  const gates = new Set<number>();
  let reached = 0;
  const server = createServer((request, response) => {
    const asked = new URL(request.url ?? "", "http://localhost").searchParams;
    const gate = Number(asked.get("gate") ?? 0);
    if (gate > 0) {
      reached = Math.max(reached, gate);
      if (gates.has(gate)) response.end();
      return;
    }
    const step = Number(asked.get("step"));
    calls.push({ step, key: String(request.headers["idempotency-key"]) });
    const first = calls.filter((call) => call.step === step).length === 1;
    if (step !== interrupted || !first) response.end(`answer ${step}`);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/`;
    const id = await withTenant(db.pool("api"), member, (tx) => launchJob(tx, "ten-steps", { url, steps }));
    const until30s = (fits: () => boolean) => until(async () => fits(), Boolean, 30_000);
    let kills = 0;
    for (let step = 1; step <= steps; step += 1) {
      if (step === interrupted) {
        await until30s(() => calls.some((call) => call.step === step));
        await fleet.killOne();
        kills += 1;
      }
      await until30s(() => reached >= step);
      await fleet.killOne();
      kills += 1;
      gates.add(step);
    }
    await waitForJob(db, id, "succeeded", 30_000);
    for (let step = 1; step <= steps; step += 1) {
      const own = calls.filter((call) => call.step === step);
      assert.equal(own.length, step === interrupted ? 2 : 1, `step ${step}`);
      assert.deepEqual([...new Set(own.map(({ key }) => key))], [`${id}/step ${step}`]);
    }
    return `${steps} steps, ${kills} kills: ${calls.length} calls, each once but the one under way at a kill, that twice under one key`;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const sleepers = 10_000;
const sleepMs = 60_000;

/** Line 5: ten thousand jobs asleep for a minute. */
export async function sleepForAMinute(): Promise<string> {
  await using fleet = await startFleet(2);
  const { db } = fleet;
  const { member } = await makeOrganization(db, { role: "member" });
  await withTenant(db.pool("api"), member, (tx) =>
    tx.query("select count(*) from rowlock.launch_jobs('nap', array_fill($1::jsonb, array[$2::int]))", [
      { ms: sleepMs },
      sleepers,
    ]),
  );
  const states = () =>
    asOwner<{ asleep: number; others: number; ended: number }>(
      db,
      `select count(*) filter (where state = 'scheduled')::int as asleep,
              count(*) filter (where state <> 'scheduled')::int as others,
              (select count(*)::int from rowlock.job_end) as ended from rowlock.live`,
    );
  const began = performance.now();
  const all = await until(states, ([row]) => row?.asleep === sleepers, sleepMs - 5_000);
  const asleepAfter = (performance.now() - began) / 1_000;
  assert.deepEqual(all, [{ asleep: sleepers, others: 0, ended: 0 }]);
  await until(states, ([row]) => row?.ended === sleepers, sleepMs + 60_000);
  const [row] = await asOwner<{ early: number; late: number; p50: number }>(
    db,
    `select min(ms)::float8 as early, max(ms)::float8 as late, percentile_cont(0.5) within group (order by ms) as p50
     from (select extract(epoch from e.finished_at - (s.result #>> '{}')::timestamptz) * 1000 as ms
           from rowlock.job_end e join rowlock.job_steps s on s.job_id = e.id) t`,
  );
  assert.ok(row);
  const figures = `${sleepers} asleep after ${asleepAfter.toFixed(1)} s, no worker held; awake ${row.p50.toFixed(0)} ms after their time in the middle, ${row.late.toFixed(0)} at most`;
  assert.ok(row.early >= -60, figures);
  assert.ok(row.late <= 2_000, figures);
  return figures;
}
