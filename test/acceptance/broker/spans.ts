import type { TestDatabase } from "../../helpers/database.ts";
import { withClient } from "../../helpers/database.ts";

/** When a job ran, by the database's clock as its handler asked it, in milliseconds. */
export type Span = {
  organizationId: string;
  task: string;
  label: string;
  began: number;
  /** Infinity: not ended yet. */
  ended: number;
};

/** The table into which handlers of `tasks/` write when they begin and when they end. */
export async function createSpans(db: TestDatabase): Promise<void> {
  await withClient(db.urls.admin, async (client) => {
    await client.query(`
      create schema if not exists app authorization rowlock_owner;
      grant usage on schema app to rowlock_tenant;
      set role rowlock_owner;
      create table app.spans (
        organization_id uuid not null default rowlock.claimed_organization(),
        id uuid not null default rowlock.uuid7(),
        task text not null,
        label text not null,
        began timestamptz not null default clock_timestamp(),
        ended timestamptz,
        primary key (organization_id, id));
      select rowlock.protect_table('app.spans');
      grant select, insert, update on app.spans to rowlock_tenant;`);
  });
}

/** All that was written so far, in order of the beginnings. */
export async function readSpans(db: TestDatabase): Promise<Span[]> {
  const { rows } = await db.pool("admin").query<Omit<Span, "ended"> & { ended: number | null }>(
    `select organization_id as "organizationId", task, label, extract(epoch from began)::float8 * 1000 as began,
            extract(epoch from ended)::float8 * 1000 as ended
     from app.spans order by began`,
  );
  return rows.map((row) => ({ ...row, ended: row.ended ?? Number.POSITIVE_INFINITY }));
}

/** The most that ran at once. */
export function mostAtOnce(spans: readonly Span[]): number {
  let [most, now] = [0, 0];
  for (const { step } of edges(spans)) {
    now += step;
    most = Math.max(most, now);
  }
  return most;
}

/** How much of `places` was in use from one moment to another, 0 to 1. */
export function used(spans: readonly Span[], places: number, from: number, to: number): number {
  const taken = spans.reduce(
    (sum, { began, ended }) => sum + Math.max(0, Math.min(ended, to) - Math.max(began, from)),
    0,
  );
  return taken / (places * (to - from));
}

/** The most beginnings in any window of so many milliseconds: half open, as a rate is. */
export function mostInWindow(spans: readonly Span[], windowMs: number): number {
  let [most, first] = [0, 0];
  for (const [last, { began }] of spans.entries()) {
    while ((spans[first]?.began ?? began) <= began - windowMs) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

/** Beginnings and ends in order; at the same moment the end first. */
function edges(spans: readonly Span[]): { at: number; step: number }[] {
  return spans
    .flatMap(({ began, ended }) => [
      { at: began, step: 1 },
      { at: ended, step: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.step - b.step);
}
