import { setTimeout as sleep } from "node:timers/promises";
import { launchBatch, launchJobs } from "../../../../src/jobs/index.ts";
import { type TenantTransaction, withTenant } from "../../../../src/tenancy/index.ts";
import type { TestDatabase } from "../../../helpers/database.ts";
import { asOwner, makeOrganization, type TestOrganization } from "../../../helpers/organization.ts";

/** Organizations that keep what has ended for so long (null: to the end of its period), and their part of all jobs. */
export const kinds: readonly { keepHours: number | null; part: number; count: number }[] = [
  { keepHours: 4, part: 0.855, count: 8 },
  { keepHours: 24, part: 0.125, count: 8 },
  { keepHours: 72, part: 0.01, count: 2 },
  { keepHours: null, part: 0.01, count: 2 },
];

/** Of each organization's jobs in an hour. */
const parts = { shaky: 0.05, twoSteps: 0.01, batched: 0.02, dependent: 0.01 };
const batchOf = 20;
/** Launched in one statement, at most. */
const largest = 500;
/** Enough for the workers to have their hands full. */
const mostUnfinished = 3_000;
/** Transactions at once. */
const lanes = 3;

export type Tenant = TestOrganization & { part: number };

export async function makeTenants(db: TestDatabase): Promise<Tenant[]> {
  const tenants: Tenant[] = [];
  for (const { keepHours, part, count } of kinds) {
    for (let n = 0; n < count; n += 1) {
      const tenant = await makeOrganization(db, { role: "member" });
      tenants.push({ ...tenant, part: part / count });
      if (keepHours === null) continue;
      await asOwner(
        db,
        "insert into rowlock.policies (organization_id, retention) values ($1, make_interval(hours => $2))",
        [tenant.organizationId, keepHours],
      );
    }
  }
  return tenants;
}

/**
 * Launches an hour's jobs of all, some hundreds at a time, while few are unfinished: a week's jobs do not all come at once.
 * @returns how many
 */
export async function launchHour(
  db: TestDatabase,
  tenants: readonly Tenant[],
  jobs: number,
): Promise<number> {
  const launches = tenants.flatMap(({ member, part }) =>
    launchesOf(Math.max(20, Math.round(jobs * part))).map((each) => ({ ...each, member })),
  );
  let launched = 0;
  let room = 0;
  const lane = async () => {
    for (let next = launches.shift(); next !== undefined; next = launches.shift()) {
      while (room < next.count) {
        room = mostUnfinished - (await unfinished(db));
        if (room < next.count) await sleep(5);
      }
      room -= next.count;
      launched += next.count;
      await withTenant(db.pool("api"), next.member, next.launch);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return launched;
}

export async function unfinished(db: TestDatabase): Promise<number> {
  const [row] = await asOwner<{ jobs: number }>(db, "select count(*)::int as jobs from rowlock.live");
  return row?.jobs ?? 0;
}

type Launch = { count: number; launch(tx: TenantTransaction): Promise<unknown> };

function launchesOf(jobs: number): Launch[] {
  const share = (part: number, least = 1) => Math.max(least, Math.round(jobs * part));
  const [shaky, twoSteps, batched, dependent] = [
    share(parts.shaky),
    share(parts.twoSteps),
    share(parts.batched, 2),
    share(parts.dependent),
  ];
  const plain = jobs - shaky - twoSteps - batched - dependent - 1;
  const works = (count: number) => Array.from({ length: count }, text);
  const launches: Launch[] = [];
  for (let left = plain; left > 0; left -= largest) {
    const count = Math.min(left, largest);
    launches.push({ count, launch: (tx) => launchJobs(tx, "work", works(count)) });
  }
  for (let left = batched; left > 0; left -= batchOf) {
    const count = Math.min(left, batchOf);
    const members = works(count).map((payload) => ({ task: "work", payload }));
    launches.push({ count, launch: (tx) => launchBatch(tx, { jobs: members }) });
  }
  launches.push({
    count: shaky,
    launch: (tx) =>
      launchJobs(
        tx,
        "shaky",
        works(shaky).map((payload, n) => ({ ...payload, hopeless: n % 5 === 0 })),
      ),
  });
  launches.push({ count: twoSteps, launch: (tx) => launchJobs(tx, "two-steps", works(twoSteps)) });
  launches.push({
    count: dependent + 1,
    async launch(tx) {
      const dependsOn = await launchJobs(tx, "work", works(1));
      await launchJobs(tx, "work", works(dependent), { dependsOn });
    },
  });
  return launches;
}

/** 50 to 250 characters. */
function text(_: unknown, n: number): { text: string } {
  return { text: "x".repeat(50 + ((n * 7_919) % 201)) };
}
