import { withClient } from "./pool.ts";
import type { Postgres } from "./servers.ts";

/** What the jobs of peers write to: as `sql/0001_effects.sql`, without row-level security. */
export async function createEffects(url: string): Promise<void> {
  await withClient(url, (client) =>
    client.query(`
      create schema app;
      create table app.effects (
        organization_id uuid not null,
        id uuid not null default uuidv7(),
        n int not null,
        at timestamptz not null default clock_timestamp(),
        primary key (organization_id, id)
      )`),
  );
}

/** Rows written, of one organization or all. */
export async function countEffects(
  postgres: Postgres,
  database: string,
  organization?: string,
): Promise<number> {
  const [row] = await postgres.query<{ n: number }>(
    database,
    "select count(*)::int as n from app.effects where $1::uuid is null or organization_id = $1",
    [organization ?? null],
  );
  return row?.n ?? 0;
}
