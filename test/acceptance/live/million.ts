import assert from "node:assert/strict";
import { readSettings } from "../../../src/sdk/index.ts";
import { issueToken } from "../../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase, withClient } from "../../helpers/database.ts";
import { asOwner, makeOrganization, type TestOrganization } from "../../helpers/organization.ts";
import { buildDashboard } from "../../web/built.ts";
import { jwtSecret, startApiProcess } from "../spine/processes.ts";
import { scrollJobs } from "./scroll.ts";

const jobs = 1_000_000;
/** Launched evenly over the hour before now, and all but the newest ended within it. */
const minutes = 58;
const times = 50;
const bound = 300;

/** What each job is by its number; the id is of its moment, the same for all its parts. */
const numbered = (now: Date) => `
  create function public.numbered_of_one(first int, last int)
  returns table (n int, id uuid, at timestamptz, dice int, task text, is_live boolean)
  language sql stable as $$
    select n, (lpad(to_hex((extract(epoch from m.at) * 1000)::bigint), 12, '0') || '7' || substr(r.hex, 1, 3) || '8'
            || substr(r.hex, 4, 15))::uuid,
           m.at, r.dice, (array['mail', 'report', 'import', 'charge', 'sync'])[1 + n % 5], n > ${jobs} * 0.98
    from generate_series(first, last) n
    cross join lateral (select '${now.toISOString()}'::timestamptz - interval '59 minutes' + n * (interval '${minutes} minutes' / ${jobs}) as at) m
    cross join lateral (select md5(n::text) as hex, abs(hashint4(n)) % 1000 as dice) r
  $$`;

const parts = [
  `insert into rowlock.job (organization_id, id, task, payload, key, source, max_attempts)
   select $3, id, task, jsonb_build_object('to', id, 'subject', 'Order ' || n || repeat(' word', 20)),
     case when dice < 20 then 'key ' || n end, 'sql', 5
   from public.numbered_of_one($1, $2)`,
  `insert into rowlock.job_end (organization_id, id, run_at, started_at, finished_at, priority, attempt, state, task, key,
                                error_code, error_message, result)
   select $3, id, at, at + dice * interval '1 ms', at + dice * interval '3 ms', 0, 1, s.state, task,
     case when dice < 20 then 'key ' || n end, case when s.state <> 'succeeded' then 'TASK_FAILED' end,
     case when s.state <> 'succeeded' then format('The address %s of "%s" was refused by host %s.', n, id, chr(97 + dice % 26)) end,
     case when s.state = 'succeeded' then '{"sent": true}'::jsonb end
   from public.numbered_of_one($1, $2)
   cross join lateral (select case when dice < 40 then 'failed' when dice < 45 then 'cancelled' else 'succeeded' end as state) s
   where not is_live`,
  `insert into rowlock.live (organization_id, id, run_at, started_at, state, task, key)
   select $3, id, at, case when s.state = 'running' then at end, s.state, task, case when dice < 20 then 'key ' || n end
   from public.numbered_of_one($1, $2)
   cross join lateral (select (array['waiting', 'waiting', 'waiting', 'scheduled', 'queued', 'running'])[1 + dice % 6] as state) s
   where is_live`,
  `insert into rowlock.job_tags (organization_id, tag, job_id)
   select $3, t.tag, id from public.numbered_of_one($1, $2)
   cross join lateral (values ('spring', dice % 10 = 0), ('rare', n % 100000 = 7)) t(tag, has) where t.has`,
];

/**
 * A million jobs of one organization, launched and, all but the newest fiftieth, ended within the last hour; tasks, keys,
 * tags and texts of several kinds. Vacuumed as autovacuum leaves it, the minutes that are over kept as workers do.
 */
export async function fillOneOrganization(db: TestDatabase): Promise<TestOrganization> {
  const organization = await makeOrganization(db);
  await withClient(db.urls.admin, async (client) => {
    await client.query(numbered(new Date()));
    for (const part of parts) {
      for (let first = 1; first <= jobs; first += jobs / 4) {
        await client.query(part, [first, first + jobs / 4 - 1, organization.organizationId]);
      }
    }
    await client.query("vacuum (analyze) rowlock.job, rowlock.job_end, rowlock.live, rowlock.job_tags");
    await client.query(
      "insert into rowlock.tasks (name, description, kind, input_schema, launch_role, max_attempts, timeout_ms) select t, t, 'transactional', '{}', 'member', 3, 1000 from unnest('{mail,report,import,charge,sync}'::text[]) t",
    );
  });
  await asOwner(
    db,
    "update rowlock_private.rolled_minutes set rolled_to = date_trunc('minute', now()) - interval '70 minutes'",
  );
  for (let rolled = 1; rolled > 0; ) {
    const { rows } = await db
      .pool("task")
      .query<{ rolled: number }>("select rowlock_private.roll_minutes() as rolled");
    rolled = rows[0]?.rolled ?? 0;
  }
  return organization;
}

type Answer = {
  findJobs?: { jobs: { id: string; state: string }[]; next: string | null; searchedTo: string | null };
  overview?: {
    states: { state: string; jobs: number }[];
    perMinute: { succeeded: number; failed: number; cancelled: number }[];
  };
};
type Check = (answer: Answer) => void;

const find = (variables: string, values: string) =>
  `query (${variables ? `${variables}, ` : ""}$before: String) { findJobs(first: 50, before: $before${values ? `, ${values}` : ""}) {
     jobs { id task state key tags errorCode errorMessage errorFingerprint createdAt startedAt finishedAt payload } next searchedTo } }`;

/** Reads the jobs of an organization that has a million over HTTP, and scrolls them in a browser. @returns figures, as one line */
export async function readMillionOfOne(): Promise<string> {
  await buildDashboard();
  await using ends = new AsyncDisposableStack();
  const db = ends.use(await createTestDatabase());
  const organization = await fillOneOrganization(db);
  const api = await startApiProcess(db);
  ends.defer(() => api.stop());
  const token = await issueToken(readSettings({ NODE_ENV: "test", JWT_SECRET: jwtSecret }), {
    ...organization.member,
    expiresIn: "1h",
  });
  const ask = asker(api.url, token);

  const sample = (await ask(find("", 'states: ["failed"]'), {})).answer.findJobs?.jobs[3] as unknown as {
    errorFingerprint: string;
  };
  const { fingerprint, oldest } = { fingerprint: sample.errorFingerprint, oldest: 60_000 };
  const at = (ago: number) => new Date(Date.now() - ago).toISOString();
  const filters: [name: string, values: string, most?: "pages"][] = [
    ["list, page after page", "", "pages"],
    ["failed, page after page", 'states: ["failed"]', "pages"],
    ["two states", 'states: ["failed", "running"]'],
    ["running", 'states: ["running"]'],
    ["blocked: none", 'states: ["blocked"]'],
    ["all that ended", 'states: ["succeeded", "failed", "cancelled"]'],
    ["a task", 'tasks: ["charge"]'],
    ["a task: none", 'tasks: ["nothing"]'],
    ["a key", 'key: "key 500000"'],
    ["a key of what is unfinished", 'key: "key 999000", states: ["waiting"]'],
    ["a tag, page after page", 'tag: "spring"', "pages"],
    ["a rare tag", 'tag: "rare"'],
    ["a tag and a rare state", 'tag: "spring", states: ["cancelled"]'],
    ["a fingerprint", `errorFingerprint: "${fingerprint}"`],
    ["a fingerprint: none", 'errorFingerprint: "none"'],
    ["launched within a minute", `launchedAfter: "${at(oldest * 31)}", launchedBefore: "${at(oldest * 30)}"`],
    ["text that is found", 'text: "ORDER 9"'],
    ["text that is not found", 'text: "nowhere at all"'],
    ["text of failed jobs", 'text: "by host q", states: ["failed"]'],
    ["all at once", 'text: "order", states: ["failed"], tasks: ["mail"], tag: "spring"'],
  ];
  const figures: Record<string, number> = {};
  for (const [name, values, pages] of filters) {
    figures[name] = await percentile(
      ask,
      find("", values),
      (answer) => {
        const found = answer.findJobs;
        assert.ok(found);
        const ids = found.jobs.map(({ id }) => id);
        assert.deepEqual(ids, ids.toSorted().toReversed());
        if (pages === "pages") assert.equal(ids.length, 50);
        if (ids.length < 50 && found.next !== null) assert.ok(found.searchedTo);
      },
      pages === "pages",
    );
  }
  figures.overview = await percentile(
    ask,
    "{ overview(minutes: 60) { states { state jobs } perMinute { minute succeeded failed cancelled } wait { p50 p95 p99 } run { p50 p95 p99 } oldestWaitingSeconds errors { fingerprint jobs message } } }",
    ({ overview }) => {
      assert.equal(
        overview?.states.reduce((sum, { jobs }) => sum + jobs, 0),
        jobs,
      );
    },
    false,
  );
  const line = Object.entries(figures)
    .map(([name, ms]) => `${name} ${ms.toFixed(0)}`)
    .join(", ");
  const slow = Object.entries(figures).filter(([, ms]) => ms >= bound);
  assert.deepEqual(slow, [], `p95 in ms: ${line}`);
  return `p95 in ms of ${times} calls each, ${jobs} jobs: ${line}; ${await scrollJobs(`${api.url}/dashboard`, token)}`;
}

type Ask = (query: string, variables: object) => Promise<{ answer: Answer; ms: number }>;

function asker(url: string, token: string): Ask {
  return async (query, variables) => {
    const began = performance.now();
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as { data: Answer; errors?: unknown };
    const ms = performance.now() - began;
    assert.equal(errors, undefined, JSON.stringify(errors));
    return { answer: data, ms };
  };
}

/** From sending the request to having read the answer; the first five are not counted. */
async function percentile(ask: Ask, query: string, check: Check, onAndOn: boolean): Promise<number> {
  const taken: number[] = [];
  let before: string | null = null;
  for (let time = -5; time < times; time += 1) {
    const { answer, ms } = await ask(query, { before });
    check(answer);
    if (onAndOn) before = answer.findJobs?.next ?? null;
    if (time >= 0) taken.push(ms);
  }
  taken.sort((a, b) => a - b);
  return taken[Math.ceil(times * 0.95) - 1] ?? Number.NaN;
}
