import type { Pool } from "pg";
import { type Member, withTenant } from "../../tenancy/index.ts";
import { type Group, mostTold } from "./group.ts";

/** What is known of an organization that is watched. */
type Known = {
  /** Jobs are looked for that were launched after this one. */
  newest: string;
  /** Told of since the look before the last, and when (performance.now()) last: these need no second word. */
  told: Map<string, number>;
  toldBefore: Map<string, number>;
  /** Of each job that is watched by itself: how it was. */
  jobs: Map<string, string>;
  /** Until when, by the server's clock, ended jobs were looked for; undefined while nobody watches all jobs. */
  endsUpTo: string | undefined;
};

/** Of whom it is looked, and at what. */
type Watched = { member: Member; jobs: Set<string>; all: boolean };

type Row = { id: string; watched: string | null };
/** `ago`: milliseconds since its end, at the moment of the look. */
type End = { id: string | null; ago: number; up_to: string | null };

/**
 * Looks for what nobody told of, every two seconds: jobs launched by SQL, which tells nothing (a notification for each
 * launch would make commits flush one by one), and what a worker did that was killed before it could tell. One transaction
 * for an organization.
 */
export class Backstop {
  readonly #pool: Pool;
  readonly #statementTimeoutMs: number;
  readonly #known = new Map<string, Known>();
  #looking = false;

  constructor(pool: Pool, statementTimeoutMs: number) {
    this.#pool = pool;
    this.#statementTimeoutMs = statementTimeoutMs;
  }

  /** Changes that were told. */
  told(organizationId: string, ids: Iterable<string> | null): void {
    const known = this.#known.get(organizationId);
    const now = performance.now();
    for (const id of ids ?? []) known?.told.set(id, now);
  }

  async look(
    groups: readonly Group[],
    changed: (organizationId: string, ids: string[] | null) => void,
  ): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const watched = new Map<string, Watched>();
      for (const { organizationId, watch, subscribers } of groups) {
        const [first] = subscribers;
        if (first === undefined) continue;
        const mine = watched.get(organizationId) ?? { member: first.member, jobs: new Set(), all: false };
        watched.set(organizationId, mine);
        if (watch.field === "jobChanges") mine.all = true;
        if (watch.field === "job" && watch.id !== undefined) mine.jobs.add(watch.id);
      }
      for (const id of this.#known.keys()) if (!watched.has(id)) this.#known.delete(id);
      for (const [organizationId, mine] of watched) {
        // One that cannot be read holds up no other.
        const ids = await this.#lookAt(organizationId, mine).catch(() => []);
        if (ids.length > 0) changed(organizationId, ids.length > mostTold ? null : ids);
      }
    } finally {
      this.#looking = false;
    }
  }

  async #lookAt(organizationId: string, { member, jobs, all }: Watched): Promise<string[]> {
    const known = this.#known.get(organizationId);
    const [{ rows }, { rows: ends }] = await withTenant(
      this.#pool,
      { ...member, source: "graphql" },
      async (tx) =>
        await Promise.all([
          tx.query<Row>(newsOf, [organizationId, known?.newest ?? null, [...jobs]]),
          all ? tx.query<End>(endsSince, [organizationId, known?.endsUpTo ?? null]) : { rows: [] },
        ]),
      { statementTimeoutMs: this.#statementTimeoutMs },
    );
    const newest = rows.reduce(
      (last, { id, watched }) => (watched === null && id > last ? id : last),
      known?.newest ?? "",
    );
    const next: Known = {
      newest: newest === "" ? nobody : newest,
      told: new Map(),
      toldBefore: known?.told ?? new Map(),
      endsUpTo: ends.find(({ up_to: upTo }) => upTo !== null)?.up_to ?? undefined,
      jobs: new Map(rows.flatMap(({ id, watched }) => (watched === null ? [] : [[id, watched] as const]))),
    };
    this.#known.set(organizationId, next);
    if (known === undefined) return [];
    const toldAt = (id: string) => known.told.get(id) ?? known.toldBefore.get(id);
    // An end is told when something was told of the job after it: that it was launched may have been told before.
    const now = performance.now();
    const news = new Set(
      ends.flatMap(({ id, ago }) => (id === null || (toldAt(id) ?? 0) >= now - ago ? [] : [id])),
    );
    for (const { id, watched } of rows) {
      const isNews =
        watched === null ? toldAt(id) === undefined : known.jobs.has(id) && known.jobs.get(id) !== watched;
      if (isNews) news.add(id);
    }
    return [...news];
  }
}

const nobody = "00000000-0000-0000-0000-000000000000";

/**
 * The newest jobs, unfinished and ended (the first time one, to begin from), and how those are that are watched by
 * themselves.
 */
const newsOf = `
  select n.id, null as watched from (
    (select l.id from rowlock.live l where l.organization_id = $1 and l.id > coalesce($2::uuid, '${nobody}')
     order by l.id desc limit case when $2::uuid is null then 1 else ${mostTold + 1} end)
    union
    (select e.id from rowlock.job_end e where e.organization_id = $1 and e.id > coalesce($2::uuid, '${nobody}')
     order by e.id desc limit case when $2::uuid is null then 1 else ${mostTold + 1} end)) n
  union all
  select j.id, concat_ws(' ', j.state, j.attempt, j.progress, j.progress_note) from rowlock.jobs j where j.id = any($3::uuid[])`;

/**
 * Jobs that ended since the look before and a second ago at the latest: whoever ended one in this last second is about to
 * tell it. One row has the moment. By the index on finished_at, whose newest blocks alone are read.
 */
const endsSince = `
  select null::uuid as id, 0::float8 as ago, (now() - interval '1 second')::text as up_to
  union all
  (select e.id, (extract(epoch from clock_timestamp() - e.finished_at) * 1000)::float8, null from rowlock.job_end e
   where e.organization_id = $1 and e.finished_at > $2::timestamptz and e.finished_at <= now() - interval '1 second'
   limit 10000)`;
