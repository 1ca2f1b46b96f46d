import assert from "node:assert/strict";
import { makeOrganization, type TestOrganization } from "../../helpers/organization.ts";
import { asOperator, type Fleet, launch, ratesOf, setPolicies, startFleet, untilEnded } from "./fleet.ts";

const env = { WORKER_CONCURRENCY: "8" };
const task = "timed-transactional";
const jobs = { ms: 5 };
const backlog = 60_000;
const windowMs = 4_000;
/** A weight is kept over deliveries of some 30 jobs each: so long that one more or less is not what is measured. */
const weightsMs = 20_000;

/** What a rate may differ by, measured twice on a machine that does other things. */
const noise = 0.1;

/**
 * Line 4: A's rate while B has nothing, while B's ten run, and while B has a backlog; weights 1:2:4; and one
 * organization alone, without and with a hundred others that have a weight and nothing to do.
 */
export async function shares(): Promise<string> {
  await using fleet = await startFleet(2, env);
  const a = await makeOrganization(fleet.db);
  await launch(fleet, a, task, backlog, jobs);
  await untilEnded(fleet, a, 500);
  const texts = [await besideOthers(fleet, a), await besideIdle(fleet, a), await byWeight(fleet)];
  const failed = texts.filter(({ good }) => !good);
  const text = texts.map(({ text }) => text).join("; ");
  assert.equal(failed.length, 0, text);
  return text;
}

type Judged = { good: boolean; text: string };

async function besideOthers(fleet: Fleet, a: TestOrganization): Promise<Judged> {
  const [alone = 0] = await ratesOf(fleet, [a], windowMs);
  const waits: number[] = [];
  const short: number[] = [];
  for (let time = 0; time < 5; time += 1) {
    const b = await makeOrganization(fleet.db);
    const counted = ratesOf(fleet, [a], 1_000);
    const began = performance.now();
    await launch(fleet, b, task, 10, jobs);
    await untilEnded(fleet, b, 10);
    waits.push(performance.now() - began);
    short.push(...(await counted));
  }
  const b = await makeOrganization(fleet.db);
  await launch(fleet, b, task, backlog / 4, jobs);
  await untilEnded(fleet, b, 200);
  const [withB = 0, ofB = 0] = await ratesOf(fleet, [a, b], windowMs);
  await asOperator(fleet, "insert into rowlock.policies (organization_id, paused) values ($1, true)", [
    b.organizationId,
  ]);
  const longest = Math.max(...waits);
  const duringTen = short.toSorted((x, y) => x - y)[2] ?? 0;
  // B's share is half, its weight being A's.
  const least = alone * 0.5 * (1 - noise);
  return {
    good: longest < 1_000 && duringTen >= least && withB >= least,
    text:
      `B's ten of 5 ms done after ${waits.map((ms) => ms.toFixed(0)).join(", ")} ms; ` +
      `A ${alone.toFixed(0)}/s alone, ${duringTen.toFixed(0)}/s in the second of B's ten, ` +
      `${withB.toFixed(0)}/s beside B's backlog (B ${ofB.toFixed(0)}/s)`,
  };
}

async function besideIdle(fleet: Fleet, a: TestOrganization): Promise<Judged> {
  const idle: TestOrganization[] = [];
  while (idle.length < 100) idle.push(await makeOrganization(fleet.db));
  const ids = idle.map(({ organizationId }) => organizationId);
  const rates = { without: [] as number[], beside: [] as number[] };
  // One or the other first by turns: what else the machine does, and a trend, meet both alike.
  for (const kind of ["without", "beside", "beside", "without", "without", "beside"] as const) {
    if (kind === "beside") await setPolicies(fleet, idle, { weight: 10 });
    else await asOperator(fleet, "delete from rowlock.policies where organization_id = any($1)", [ids]);
    rates[kind].push(...(await ratesOf(fleet, [a], windowMs / 2)));
  }
  const { without, beside } = rates;
  const middle = (all: number[]) => all.toSorted((x, y) => x - y)[1] ?? 0;
  const ratio = middle(beside) / middle(without);
  return {
    good: ratio >= 1 - noise,
    text: `one alone: ${middle(without).toFixed(0)}/s, and ${middle(beside).toFixed(0)}/s beside 100 idle ones of weight 10 (${ratio.toFixed(2)})`,
  };
}

async function byWeight(fleet: Fleet): Promise<Judged> {
  const weights = [1, 2, 4] as const;
  const organizations = await Promise.all(weights.map(() => makeOrganization(fleet.db)));
  await pauseEveryone(fleet);
  for (const [index, organization] of organizations.entries()) {
    await setPolicies(fleet, [organization], { weight: weights[index] ?? 1 });
    await launch(fleet, organization, task, backlog / 2, jobs);
  }
  await Promise.all(organizations.map((organization) => untilEnded(fleet, organization, 100)));
  const rates = await ratesOf(fleet, organizations, weightsMs);
  const all = rates.reduce((sum, rate) => sum + rate, 0);
  const off = rates.map((rate, index) => rate / ((all * (weights[index] ?? 1)) / 7) - 1);
  return {
    good: off.every((share) => Math.abs(share) <= 0.1),
    text: `weights 1:2:4 gave ${rates.map((rate) => rate.toFixed(0)).join(", ")} jobs/s, off by ${off.map((share) => `${(share * 100).toFixed(1)} %`).join(", ")}`,
  };
}

async function pauseEveryone(fleet: Fleet): Promise<void> {
  const { rows } = await fleet.db
    .pool("admin")
    .query<{ id: string }>("select distinct organization_id as id from rowlock.live");
  await asOperator(
    fleet,
    `insert into rowlock.policies (organization_id, paused) select id, true from unnest($1::uuid[]) id
     on conflict (organization_id) do update set paused = true`,
    [rows.map(({ id }) => id)],
  );
}
