import { z } from "zod";
import type { TenantTransaction } from "../../tenancy/index.ts";
import type { ExportFormat, Page } from "./file.ts";

/** The names that an import takes; `maxTurns` and its neighbours are those of conversations. */
export const testColumns = [
  "input",
  "expected",
  "category",
  "tags",
  "goal",
  "instructions",
  "restrictions",
  "maxTurns",
] as const;

const atOnce = 500;
const row = z.object({ position: z.int(), test: z.record(z.string(), z.unknown()) });

/** Tests of a set in their order, behind a position. What a test does not have is null, in CSV empty. */
export async function pageOfTests(
  tx: TenantTransaction,
  testSetId: string,
  format: ExportFormat,
  after: number,
): Promise<Page> {
  const { rows } = await tx.query(
    `select s.position, jsonb_build_object('input', t.input, 'expected', t.expected, 'category', t.category,
       'tags', t.tags, 'goal', t.goal, 'instructions', t.instructions, 'restrictions', t.restrictions, 'maxTurns', t.max_turns) as test
     from evals.test_set_tests s join evals.tests t on t.organization_id = s.organization_id and t.id = s.test_id
     where s.test_set_id = $1 and s.position > $2 order by s.position limit $3`,
    [testSetId, after, atOnce],
  );
  const found = rows.map((one) => row.parse(one));
  return {
    rows: found.map(({ test }) => (format === "csv" ? { ...test, tags: tagsOf(test.tags) } : test)),
    next: found.length < atOnce ? null : (found.at(-1)?.position ?? null),
  };
}

/** As an import reads them: with commas, or as JSON where a tag has one itself. */
export function tagsOf(tags: unknown): string {
  const list = z.array(z.string()).parse(tags);
  return list.some((tag) => tag.includes(",") || tag.startsWith("["))
    ? JSON.stringify(list)
    : list.join(", ");
}
