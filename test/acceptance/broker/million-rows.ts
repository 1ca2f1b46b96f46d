import { type TestDatabase, withClient } from "../../helpers/database.ts";
import { asOwner, makeOrganization, type TestOrganization } from "../../helpers/organization.ts";

const jobs = 1_000_000;
const organizations = 1_000;
/** Weeks over which the jobs were launched, and so periods that have rows. */
const weeks = 8;
/** Not reached by vacuum when the reading begins: what it leaves alone of a table that only grows (a fifth). */
const unvacuumed = 0.2;

/**
 * What each job is, by its number: an id of its moment, an organization (two fifths are of the first), and for the
 * newest thirtieth a two in five chance of not having ended.
 */
const numbered = `
  create function public.numbered(first int, last int)
  returns table (n int, organization_id uuid, id uuid, at timestamptz, dice int, is_live boolean)
  language sql stable as $$
    select n, o.ids[case when n % 5 < 2 then 1 else 2 + n % ${organizations - 1} end],
           (lpad(to_hex((extract(epoch from m.at) * 1000)::bigint), 12, '0') || '7' || substr(r.hex, 1, 3) || '8'
            || substr(r.hex, 4, 15))::uuid,
           m.at, r.dice, n > ${jobs} * 0.97 and r.dice % 10 < 4
    from generate_series(first, last) n
    cross join (select array_agg(id order by name) as ids from rowlock.organizations) o
    cross join lateral (
      select date_trunc('week', now(), 'UTC') + n * (interval '${weeks} weeks' / ${jobs + 1}) as at) m
    cross join lateral (
      select md5(n::text) as hex, abs(hashint4(n)) % 1000 as dice) r
  $$`;

const launched = `
  insert into rowlock.job (organization_id, id, task, payload, user_id, source, max_attempts)
  select organization_id, id, 'mail', jsonb_build_object('to', id, 'subject', repeat('word ', 20)), null, 'sql', 5
  from public.numbered($1, $2)`;

const ended = `
  insert into rowlock.job_end (organization_id, id, run_at, started_at, finished_at, priority, attempt, state, task,
                               error_code, error_message, result)
  select organization_id, id, at, at + interval '1 s', at + interval '1.1 s', 0, 1, s.state, 'mail',
         case when s.state <> 'succeeded' then 'TASK_FAILED' end,
         case when s.state <> 'succeeded' then 'The address was refused.' end,
         case when s.state = 'succeeded' then '{"sent": true}'::jsonb end
  from public.numbered($1, $2)
  cross join lateral (
    select case when dice < 40 then 'failed' when dice < 45 then 'cancelled' else 'succeeded' end as state) s
  where not is_live`;

const live = `
  insert into rowlock.live (organization_id, id, run_at, started_at, state, task)
  select organization_id, id, at, case when s.state = 'running' then at end, s.state, 'mail'
  from public.numbered($1, $2)
  cross join lateral (
    select case dice / 10 % 10 when 0 then 'running' when 1 then 'queued' when 2 then 'scheduled' else 'waiting' end
      as state) s
  where is_live`;

/**
 * A million jobs of a thousand organizations over eight weekly periods (the coming ones, for which there are tables),
 * some thousands not ended. Vacuumed and analyzed as autovacuum leaves them (all but the last fifth of the last period),
 * the periods before the last counted, as workers do once they are over.
 * @returns the organization that has 400,000 of them
 */
export async function fillWithJobs(db: TestDatabase): Promise<TestOrganization> {
  const large = await makeOrganization(db);
  await asOwner(db, "update rowlock.organizations set name = ' first by name' where id = $1", [
    large.organizationId,
  ]);
  await asOwner(
    db,
    "select rowlock_private.create_organization('o' || n, n || '@many.example') from generate_series(2, $1) n",
    [organizations],
  );
  await asOwner(db, `select rowlock_private.keep_periods(${weeks + 4})`);
  const vacuumed = Math.floor(jobs * (1 - unvacuumed / weeks));
  await withClient(db.urls.admin, async (client) => {
    await client.query(numbered);
    for (const statement of [launched, ended, live]) await client.query(statement, [1, vacuumed]);
    await client.query("vacuum (analyze) rowlock.job, rowlock.job_end, rowlock.live");
    for (const statement of [launched, ended, live]) await client.query(statement, [vacuumed + 1, jobs]);
    for (let more = true; more; ) {
      const { rows } = await client.query<{ more: boolean }>(
        `select rowlock_private.count_week(date_trunc('week', now(), 'UTC') + interval '${weeks} weeks' - interval '1 s') as more`,
      );
      more = rows[0]?.more === true;
    }
  });
  return large;
}
