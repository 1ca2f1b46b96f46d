import type { Pool } from "pg";
import { type Member, withTenant } from "../../tenancy/index.ts";
import { type Group, mostTold } from "./group.ts";

/** What is known of an organization that is watched. */
type Known = {
  /** Jobs are looked for that were launched after this one. */
  newest: string;
  /** Told of since the look before the last: these need no second word. */
  told: Set<string>;
  toldBefore: Set<string>;
  /** Of each job that is watched by itself: how it was. */
  jobs: Map<string, string>;
};

type Row = { id: string; watched: string | null };

/**
 * Looks for what nobody told of, every two seconds: jobs launched by SQL, which tells nothing (a notification for each
 * launch would make commits flush one by one), and what a worker did that was killed before it could tell. One statement
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
    for (const id of ids ?? []) known?.told.add(id);
  }

  async look(
    groups: readonly Group[],
    changed: (organizationId: string, ids: string[] | null) => void,
  ): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const watched = new Map<string, { member: Member; jobs: Set<string> }>();
      for (const { organizationId, watch, subscribers } of groups) {
        const [first] = subscribers;
        if (first === undefined) continue;
        const mine = watched.get(organizationId) ?? { member: first.member, jobs: new Set<string>() };
        watched.set(organizationId, mine);
        if (watch.field === "job" && watch.id !== undefined) mine.jobs.add(watch.id);
      }
      for (const id of this.#known.keys()) if (!watched.has(id)) this.#known.delete(id);
      for (const [organizationId, { member, jobs }] of watched) {
        // One that cannot be read holds up no other.
        const ids = await this.#lookAt(organizationId, member, jobs).catch(() => []);
        if (ids.length > 0) changed(organizationId, ids.length > mostTold ? null : ids);
      }
    } finally {
      this.#looking = false;
    }
  }

  async #lookAt(organizationId: string, member: Member, jobs: ReadonlySet<string>): Promise<string[]> {
    const known = this.#known.get(organizationId);
    const rows = await withTenant(
      this.#pool,
      { ...member, source: "graphql" },
      async (tx) => {
        const { rows } = await tx.query<Row>(newsOf, [organizationId, known?.newest ?? null, [...jobs]]);
        return rows;
      },
      { statementTimeoutMs: this.#statementTimeoutMs },
    );
    const newest = rows.reduce(
      (last, { id, watched }) => (watched === null && id > last ? id : last),
      known?.newest ?? "",
    );
    const next: Known = {
      newest: newest === "" ? nobody : newest,
      told: new Set(),
      toldBefore: known?.told ?? new Set(),
      jobs: new Map(rows.flatMap(({ id, watched }) => (watched === null ? [] : [[id, watched] as const]))),
    };
    this.#known.set(organizationId, next);
    if (known === undefined) return [];
    const news = new Set<string>();
    for (const { id, watched } of rows) {
      const isNews =
        watched === null
          ? !known.told.has(id) && !known.toldBefore.has(id)
          : known.jobs.has(id) && known.jobs.get(id) !== watched;
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
