import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { makeOrganization, type TestOrganization } from "../../helpers/organization.ts";
import {
  type Fleet,
  type Limits,
  launch,
  ratesOf,
  setPolicies,
  setTaskPolicy,
  startFleet,
  untilEnded,
} from "./fleet.ts";
import { mostAtOnce, mostInWindow, readSpans, type Span, used } from "./spans.ts";

const processes = 8;
const hands = 4;
const env = { WORKER_CONCURRENCY: String(hands), WORKER_POOL_SIZE: String(hands) };
/** Of one job; what a hand-over takes is beside it. */
const jobMs = 200;
/** Least part of a cap that is in use while jobs wait. */
const leastUsed = 0.85;
const allowedWithin = 1_000;

type Judged = { good: boolean; text: string };

/**
 * Line 7: every cap and rate under 8 worker processes, two other organizations without limits at work beside it all the
 * while; they leave hands free, so that none but the limit keeps a job waiting. Every scene is measured before the first
 * that falls short is told.
 */
export async function limits(): Promise<string> {
  await using fleet = await startFleet(processes, env);
  const judged: Judged[] = [];
  {
    await using _others = othersAtWork(fleet, await several(fleet, 2));
    for (const scene of [...scenes, costsNothing]) {
      judged.push(
        await scene(fleet).catch((error: Error) => ({
          good: false,
          text: `${scene.name}: ${error.message}`,
        })),
      );
    }
  }
  judged.push(await besideBacklog(fleet));
  const text = ["", ...judged.map((one) => `${one.good ? "yes" : "NO "} ${one.text}`)].join("\n");
  assert.ok(
    judged.every(({ good }) => good),
    text,
  );
  return text;
}

async function organizationCapLong(fleet: Fleet): Promise<Judged> {
  return await organizationCap(fleet, "timed-long");
}

async function organizationCapTransactional(fleet: Fleet): Promise<Judged> {
  return await organizationCap(fleet, "timed-transactional");
}

async function organizationCap(fleet: Fleet, task: string): Promise<Judged> {
  const a = await limited(fleet, { max_running: 10 });
  await launch(fleet, a, task, 250, { ms: jobMs });
  await untilEnded(fleet, a, 250);
  return judgeCap(`an organization's cap, ${task}`, await spansOf(fleet, [a]), 10);
}

async function taskCap(fleet: Fleet): Promise<Judged> {
  const task = "timed-transactional";
  await setTaskPolicy(fleet, task, { max_running: 6 });
  try {
    const all = await several(fleet, 3);
    for (const one of all) await launch(fleet, one, task, 50, { ms: jobMs });
    for (const one of all) await untilEnded(fleet, one, 50);
    return judgeCap("a task's cap across 3 organizations", await spansOf(fleet, all), 6);
  } finally {
    await setTaskPolicy(fleet, task, { max_running: null });
  }
}

async function keyCap(fleet: Fleet): Promise<Judged> {
  const [a, b] = [await makeOrganization(fleet.db), await makeOrganization(fleet.db)];
  const lanes = [
    [a, "x"],
    [a, "y"],
    [b, "x"],
  ] as const;
  for (const [who, label] of lanes) await launch(fleet, who, "timed-by-key", 60, { ms: jobMs, label });
  await untilEnded(fleet, a, 120);
  await untilEnded(fleet, b, 60);
  const all = await spansOf(fleet, [a, b]);
  const each = lanes.map(([{ organizationId }, label]) =>
    judgeCap(
      `a key's cap, ${organizationId === a.organizationId ? "A" : "B"} ${label}`,
      all.filter((span) => span.organizationId === organizationId && span.label === label),
      3,
    ),
  );
  return { good: each.every(({ good }) => good), text: each.map(({ text }) => text).join("; ") };
}

async function organizationRate(fleet: Fleet): Promise<Judged> {
  const a = await limited(fleet, { rate_jobs: 20, rate_ms: 1_000 });
  await launch(fleet, a, "quick", 240);
  await untilEnded(fleet, a, 240);
  return judgeRate("an organization's rate", await spansOf(fleet, [a]), 20);
}

async function taskRate(fleet: Fleet): Promise<Judged> {
  const task = "quick";
  await setTaskPolicy(fleet, task, { rate_jobs: 30, rate_ms: 1_000 });
  try {
    const all = await several(fleet, 2);
    for (const one of all) await launch(fleet, one, task, 180);
    for (const one of all) await untilEnded(fleet, one, 180);
    return judgeRate("a task's rate across 2 organizations", await spansOf(fleet, all), 30);
  } finally {
    await setTaskPolicy(fleet, task, { rate_jobs: null, rate_ms: null });
  }
}

/** A cap lowered, then raised, while the jobs run. */
async function editedLive(fleet: Fleet): Promise<Judged> {
  const a = await limited(fleet, { max_running: 10 });
  await launch(fleet, a, "timed-long", 200, { ms: jobMs });
  await untilEnded(fleet, a, 20);
  await setPolicies(fleet, [a], { max_running: 3 });
  const lowered = Date.now();
  // What runs already runs on; 2 s more in which nothing above may begin.
  await sleep(allowedWithin + 2_000);
  await setPolicies(fleet, [a], { max_running: 8 });
  const raised = Date.now();
  await untilEnded(fleet, a, 200);
  const spans = await spansOf(fleet, [a]);
  const beganIn = (from: number, to: number) =>
    mostAtOnce(spans.filter(({ began }) => began >= from && began < to));
  const low = beganIn(lowered + allowedWithin, raised);
  const high = mostAtOnce(
    spans.filter(({ began, ended }) => ended > raised && began < raised + allowedWithin),
  );
  return {
    good: low === 3 && high === 8,
    text: `a cap of 10 lowered to 3: ${low} at once a second later; raised to 8: ${high} within a second`,
  };
}

const scenes = [
  organizationCapLong,
  organizationCapTransactional,
  taskCap,
  keyCap,
  organizationRate,
  taskRate,
  editedLive,
] as const;

/** The rate of an organization of small jobs, before and while a paused and a capped one have a backlog. */
async function costsNothing(fleet: Fleet): Promise<Judged> {
  const free = await makeOrganization(fleet.db);
  await launch(fleet, free, "quick", 180_000);
  await untilEnded(fleet, free, 1_000);
  const [without = 0] = await ratesOf(fleet, [free], 4_000);
  const stopped = [
    await limited(fleet, { paused: true }),
    await limited(fleet, { max_running: 0 }),
    await limited(fleet, { max_running: 1 }),
  ];
  for (const one of stopped) await launch(fleet, one, "timed-long", 10_000, { ms: jobMs });
  await sleep(1_000);
  const [beside = 0] = await ratesOf(fleet, [free], 4_000);
  const begun = await spansOf(fleet, stopped.slice(0, 2));
  // Nothing of it runs beside the next scene.
  await setPolicies(fleet, [free, ...stopped], { paused: true });
  return {
    good: beside >= without * 0.85 && begun.length === 0,
    text: `${without.toFixed(0)} small jobs/s, ${beside.toFixed(0)}/s beside a paused and two capped organizations of 10,000 waiting jobs, of which ${begun.length} began that might not`,
  };
}

/** Beside a backlog of others, who take every hand: a cap of 4 is never exceeded, and no hand is idle. */
async function besideBacklog(fleet: Fleet): Promise<Judged> {
  const [a, b] = [await limited(fleet, { max_running: 4 }), await makeOrganization(fleet.db)];
  await launch(fleet, b, "timed-long", 600, { ms: jobMs });
  await launch(fleet, a, "timed-long", 60, { ms: jobMs });
  await untilEnded(fleet, a, 60);
  await untilEnded(fleet, b, 600);
  const spans = await spansOf(fleet, [a, b]);
  const most = mostAtOnce(spans.filter(({ organizationId }) => organizationId === a.organizationId));
  const share = used(spans, processes * hands, ...whileWaiting(spans));
  return {
    good: most === 4 && share >= leastUsed,
    text: `a cap of 4 beside another's backlog: at most ${most} at once, ${(share * 100).toFixed(0)} % of all hands in use`,
  };
}

/** Each launches jobs at a steady pace, which take 5 hands; until it is disposed of. */
function othersAtWork(fleet: Fleet, others: readonly TestOrganization[]): AsyncDisposable {
  const over = new AbortController();
  const working = (async () => {
    while (!over.signal.aborted) {
      for (const other of others) await launch(fleet, other, "timed-long", 5, { ms: jobMs });
      await sleep(jobMs, undefined, { signal: over.signal }).catch(() => undefined);
    }
  })();
  working.catch(() => undefined);
  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      await working;
    },
  };
}

/**
 * How much of all hands is in use while jobs of one organization without limits wait: what one worker holds in its own
 * queue another cannot run.
 */
export async function handsInUse(): Promise<number> {
  await using fleet = await startFleet(processes, env);
  const a = await makeOrganization(fleet.db);
  const count = 16 * processes * hands;
  await launch(fleet, a, "timed-long", count, { ms: 2 * jobMs });
  await untilEnded(fleet, a, count);
  const spans = await spansOf(fleet, [a]);
  return used(spans, processes * hands, ...whileWaiting(spans));
}

/** Never above the cap, the cap reached, and nearly all of it in use while jobs wait. */
function judgeCap(what: string, spans: readonly Span[], cap: number): Judged {
  const most = mostAtOnce(spans);
  const share = used(spans, cap, ...whileWaiting(spans));
  return {
    good: most === cap && share >= leastUsed,
    text: `${what} of ${cap}: at most ${most} at once, ${(share * 100).toFixed(0)} % of it in use over ${spans.length} jobs`,
  };
}

/** Never more in any second than allowed, and over all of the time nearly as many. */
function judgeRate(what: string, spans: readonly Span[], perSecond: number): Judged {
  const most = mostInWindow(spans, 1_000);
  const first = spans[0]?.began ?? 0;
  const seconds = Math.floor(((spans.at(-1)?.began ?? first) - first) / 1_000);
  const began = spans.filter((span) => span.began < first + seconds * 1_000).length;
  const share = began / (seconds * perSecond);
  return {
    good: most <= perSecond && share >= 0.9,
    text: `${what} of ${perSecond} in 1 s: at most ${most} began in any second, ${(share * 100).toFixed(0)} % of what is allowed over ${seconds} s`,
  };
}

/** From half a second after the first beginning to the last: then nothing waits any more. */
function whileWaiting(spans: readonly Span[]): [from: number, to: number] {
  return [(spans[0]?.began ?? 0) + 500, spans.at(-1)?.began ?? 0];
}

async function limited(fleet: Fleet, policy: Limits): Promise<TestOrganization> {
  const made = await makeOrganization(fleet.db);
  await setPolicies(fleet, [made], policy);
  return made;
}

async function several(fleet: Fleet, count: number): Promise<TestOrganization[]> {
  return await Promise.all(Array.from({ length: count }, () => makeOrganization(fleet.db)));
}

async function spansOf(fleet: Fleet, organizations: readonly TestOrganization[]): Promise<Span[]> {
  const ids = new Set(organizations.map(({ organizationId }) => organizationId));
  return (await readSpans(fleet.db)).filter(({ organizationId }) => ids.has(organizationId));
}
