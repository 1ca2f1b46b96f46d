import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Member } from "../../../src/tenancy/index.ts";
import {
  bySecond,
  endedAfter,
  figuresOf,
  type Phase,
  type PhaseFigures,
  secondsUntil,
} from "./steady/figures.ts";
import { lanes, offer, organizations, rate } from "./steady/offer.ts";
import { asAdmin, type SteadyService, startSteadyService } from "./steady/service.ts";

/** ROWLOCK_HOLD_SECONDS makes a short try of it; the figures that count are those of 240 s. */
const holdMs = Number(process.env.ROWLOCK_HOLD_SECONDS ?? 240) * 1_000;
const settleMs = 10_000;
const calmMs = 30_000;
const recoverMs = 30_000;
const faultMs = 10_000;
const afterFaultMs = 20_000;
const longestBacklogMs = 60_000;
const readers = 4;

/** Disturbances beside which the rate must not fall; after the others it must come back. */
export const heldPhases: readonly string[] = ["a transaction held", "a group of readers"];

export type Held = {
  phases: PhaseFigures[];
  /** Seconds from the end of each disturbance until a window of five seconds has 95 % of the rate offered. */
  back: Record<string, number>;
  /** Jobs that ended in each of the seconds after a disturbance. */
  afterwards: Record<string, number[]>;
  walPerJob: number;
  /** Launches that failed: the server was away, or their connection was killed. */
  refused: number;
};

/** 800 jobs a second from 20 organizations: calm, beside old snapshots, and after faults. */
export async function holdTransactions(): Promise<Held> {
  await using service = await startSteadyService(lanes);
  const members = await makeMembers(service);
  let worker = await service.startWorker();
  const offering = offer(service, members);
  const phases: Phase[] = [];
  const ends: Record<string, number> = {};
  const phase = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const from = Date.now();
    const result = await work();
    phases.push({ name, from, to: Date.now() });
    return result;
  };
  const disturb = async (name: string, work: () => Promise<void>) => {
    await phase(name, work);
    ends[name] = Date.now();
    await phase(`after ${name}`, () => sleep(heldPhases.includes(name) ? recoverMs : afterFaultMs));
    // What one has left behind is not to be the next one's.
    await workedOff(service);
  };

  const wal = await calm(service, phase);
  await disturb("a transaction held", () => hold(service));
  await disturb("a group of readers", () => readOverAndOver(service));
  await disturb("Postgres restarted", async () => {
    service.postgres.kill();
    await service.postgres.start();
  });
  await disturb("backends killed", () => killBackends(service));
  await disturb("the server full", () => fillServer(service));
  await disturb("workers killed", async () => {
    for (let kill = 0; kill < faultMs / 2_000; kill += 1) {
      await worker.kill();
      worker = await service.startWorker();
      await sleep(1_000);
    }
  });
  const { refused } = await offering.stop();

  const seconds = await bySecond(service);
  const walPerJob =
    wal.bytes /
    seconds
      .filter(({ at }) => at * 1_000 >= wal.from && at * 1_000 < wal.to)
      .reduce((sum, { ended }) => sum + ended, 0);
  return {
    phases: await figuresOf(service, phases, seconds, await service.ticks()),
    back: Object.fromEntries(
      Object.entries(ends).map(([name, end]) => [name, secondsUntil(seconds, end, rate * 0.95)]),
    ),
    afterwards: Object.fromEntries(
      Object.entries(ends).map(([name, end]) => [name, endedAfter(seconds, end, afterFaultMs / 1_000)]),
    ),
    walPerJob,
    refused,
  };
}

async function makeMembers(service: SteadyService): Promise<Member[]> {
  return await asAdmin(service, async (client) => {
    await client.query("set role rowlock_owner");
    const { rows } = await client.query<{ organizationId: string; userId: string }>(
      `select c.organization_id as "organizationId", c.user_id as "userId"
       from generate_series(1, $1) n, rowlock_private.create_organization('o' || n, n || '@steady.example') c`,
      [organizations],
    );
    return rows;
  });
}

/** The figures to compare with. Pages written whole after a checkpoint are left to the time before the measuring. */
async function calm(
  service: SteadyService,
  phase: (name: string, work: () => Promise<void>) => Promise<void>,
): Promise<{ bytes: number; from: number; to: number }> {
  return await asAdmin(service, async (client) => {
    const position = async () => {
      const { rows } = await client.query<{ bytes: string }>("select pg_current_wal_lsn() - '0/0' as bytes");
      return Number(rows[0]?.bytes);
    };
    await sleep(settleMs);
    await client.query("checkpoint");
    await sleep(settleMs);
    const [from, before] = [Date.now(), await position()];
    await phase("calm", () => sleep(calmMs));
    return { from, to: Date.now(), bytes: (await position()) - before };
  });
}

async function workedOff(service: SteadyService): Promise<void> {
  await asAdmin(service, async (client) => {
    for (const until = Date.now() + longestBacklogMs; Date.now() < until; await sleep(500)) {
      const { rows } = await client.query<{ jobs: string }>("select count(*) as jobs from rowlock.live");
      if (Number(rows[0]?.jobs) < rate / 2) return;
    }
  });
}

async function hold(service: SteadyService): Promise<void> {
  await asAdmin(service, async (client) => {
    await client.query("begin isolation level repeatable read");
    await client.query("select count(*) from rowlock.live");
    await sleep(holdMs);
    await client.query("commit");
  });
}

async function readOverAndOver(service: SteadyService): Promise<void> {
  const until = Date.now() + holdMs;
  const read = () =>
    asAdmin(service, async (client) => {
      while (Date.now() < until) {
        await client.query("begin isolation level repeatable read");
        await client.query("select count(*) from rowlock.live");
        await client.query("select count(*) from rowlock.job_end");
        await client.query("commit");
      }
    });
  await Promise.all(Array.from({ length: readers }, read));
}

/** Every connection but this, twice a second. */
async function killBackends(service: SteadyService): Promise<void> {
  await asAdmin(service, async (client) => {
    for (const until = Date.now() + faultMs; Date.now() < until; await sleep(500)) {
      await client.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
      );
    }
  });
}

/** Takes connections until one is refused, and keeps them. */
async function fillServer(service: SteadyService): Promise<void> {
  const taken: pg.Client[] = [];
  try {
    for (;;) {
      const client = new pg.Client({ connectionString: service.urls.api });
      client.on("error", () => undefined);
      const refused = await client.connect().then(
        () => false,
        () => true,
      );
      if (refused) break;
      taken.push(client);
    }
    await sleep(faultMs);
  } finally {
    await Promise.all(taken.map((client) => client.end()));
  }
}
