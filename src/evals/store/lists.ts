import { z } from "zod";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { iso, runState, selectRuns, type TestRun, testRun } from "./runs.ts";

const moment = z.iso.datetime();

export const listedTestSet = z
  .object({ id: z.uuid(), name: z.string(), description: z.string(), tests: z.int(), createdAt: moment })
  .meta({ id: "TestSet" });

/** Without its headers: they may be long, and whoever looks for an endpoint does not need them. */
export const listedEndpoint = z
  .object({
    id: z.uuid(),
    name: z.string(),
    url: z.string().nullable().describe("null: a model"),
    modelId: z.uuid().nullable(),
    createdAt: moment,
  })
  .meta({ id: "ListedEndpoint" });

export const listedMetric = z
  .object({ id: z.uuid(), name: z.string(), kind: z.string(), createdAt: moment })
  .meta({ id: "ListedMetric" });

/** A list of named things: how each row is read, and by which schema it is shown. */
export type Named = { table: string; columns: string; schema: z.ZodType<{ id: string }> };

export const testSets: Named = {
  table: "evals.test_sets",
  columns: `'description', t.description, 'tests', (
    select count(*) from evals.test_set_tests s where s.organization_id = t.organization_id and s.test_set_id = t.id)`,
  schema: listedTestSet,
};
export const endpoints: Named = {
  table: "evals.endpoints",
  columns: "'url', t.url, 'modelId', t.model_id",
  schema: listedEndpoint,
};
export const metrics: Named = { table: "evals.metrics", columns: "'kind', t.kind", schema: listedMetric };

export const namedQuery = z.strictObject({
  name: z.string().max(200).optional().describe("Only the one of this name"),
  id: z.uuid().optional().describe("Only the one of this id"),
  first: z.coerce.number().int().min(1).max(1_000).default(100).describe("Page size"),
  after: z.uuid().optional().describe("`next` of the page before"),
});

/** Oldest first, a page at a time; `next` is what to pass as `after`. */
export async function listNamed(
  tx: TenantTransaction,
  { table, columns, schema }: Named,
  { name, id, first, after }: z.output<typeof namedQuery>,
): Promise<{ page: { id: string }[]; next: string | null }> {
  const { rows } = await tx.query<{ shown: unknown }>(
    `select jsonb_build_object('id', t.id, 'name', t.name, ${columns}, 'createdAt', ${iso("t.created_at")}) as shown
     from ${table} t
     where ($1::text is null or t.name = $1) and ($2::uuid is null or t.id = $2) and ($3::uuid is null or t.id > $3)
     order by t.id limit $4`,
    [name?.replaceAll("\0", "") ?? null, id ?? null, after ?? null, first + 1],
  );
  return pageOf(
    rows.map(({ shown }) => schema.parse(shown)),
    first,
  );
}

export const runQuery = z.strictObject({
  testSetId: z.uuid().optional(),
  endpointId: z.uuid().optional(),
  state: runState.optional(),
  first: z.coerce.number().int().min(1).max(100).default(50).describe("Page size"),
  after: z.uuid().optional().describe("`next` of the page before"),
});

/** Runs, newest first; a state is that of the moment. */
export async function listRuns(
  tx: TenantTransaction,
  { testSetId, endpointId, state, first, after }: z.output<typeof runQuery>,
): Promise<{ page: TestRun[]; next: string | null }> {
  const { rows } = await tx.query<{ run: unknown }>(
    `${selectRuns}
     where ($1::uuid is null or c.test_set_id = $1) and ($2::uuid is null or c.endpoint_id = $2)
       and ($3::text is null or s.state = $3) and ($4::uuid is null or r.id < $4)
     order by r.id desc limit $5`,
    [testSetId ?? null, endpointId ?? null, state ?? null, after ?? null, first + 1],
  );
  return pageOf(
    rows.map(({ run }) => testRun.parse(run)),
    first,
  );
}

/** Of `rows` one more was asked for than are shown. */
function pageOf<Row extends { id: string }>(
  rows: Row[],
  first: number,
): { page: Row[]; next: string | null } {
  const page = rows.slice(0, first);
  return { page, next: rows.length > page.length ? (page.at(-1)?.id ?? null) : null };
}
