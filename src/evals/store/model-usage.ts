import { z } from "zod";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { purposes } from "../models/index.ts";

const sums = {
  calls: z.int().describe("Calls that were answered"),
  inputTokens: z.int(),
  outputTokens: z.int(),
  cost: z.string().describe("Exact, in the currency of the prices"),
  withoutCost: z
    .int()
    .describe("Calls that `cost` does not hold: without a price, or without a count of tokens"),
};

/** What the ledger says of some of its calls. */
export const modelUsage = z
  .object({
    ...sums,
    byModel: z.array(z.object({ purpose: z.enum(purposes), providerModel: z.string(), ...sums })),
  })
  .meta({ id: "ModelUsage" });

export const usageQuery = z.strictObject({
  testRunId: z.uuid().optional().describe("Of one run"),
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional().describe("Up to this moment and not including it"),
});

/** Sums of the ledger, in all and by purpose and model. */
export async function sumUsage(
  tx: TenantTransaction,
  { testRunId, since, until }: z.output<typeof usageQuery>,
): Promise<z.output<typeof modelUsage>> {
  const { rows } = await tx.query<{ usage: unknown }>(
    `select jsonb_build_object(
       'calls', coalesce(sum(t.calls), 0), 'inputTokens', coalesce(sum(t.input_tokens), 0),
       'outputTokens', coalesce(sum(t.output_tokens), 0), 'cost', trim_scale(coalesce(sum(t.cost), 0))::text,
       'withoutCost', coalesce(sum(t.without_cost), 0),
       'byModel', coalesce(jsonb_agg(jsonb_build_object('purpose', t.purpose, 'providerModel', t.provider_model, 'calls', t.calls,
         'inputTokens', t.input_tokens, 'outputTokens', t.output_tokens, 'cost', trim_scale(t.cost)::text,
         'withoutCost', t.without_cost)), '[]')) as usage
     from evals.model_usage_totals($1, $2, $3) t`,
    [testRunId ?? null, since ?? null, until ?? null],
  );
  return modelUsage.parse(rows[0]?.usage);
}
