import { RowlockError } from "../../sdk/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import type { KeyRing } from "../secrets/index.ts";
import type { EndpointUnderTest } from "./endpoint-under-test.ts";
import { type Call, openCall } from "./open-call.ts";

/** What stands between a test and the call of its endpoint. */
export type Begun =
  | { kind: "call"; attempt: number; call: Call }
  /** Under a rate: its moment comes in so many milliseconds. */
  | { kind: "wait"; ms: number }
  /** It was called as often as it may be. */
  | { kind: "spent" }
  | { kind: "refused"; error: RowlockError };

/**
 * Counts a call before it is made, so that whatever becomes of the worker no test has more of them than its endpoint
 * allows; and opens the secrets it needs.
 */
export async function beginCall(
  tx: TenantTransaction,
  ring: KeyRing,
  resultId: string,
  endpoint: EndpointUnderTest,
): Promise<Begun> {
  const waitMs = endpoint.ratePerMinute === null ? 0 : await takeMoment(tx, resultId, endpoint);
  if (waitMs > 0) return { kind: "wait", ms: waitMs };
  let call: Call;
  try {
    call = await openCall(tx, ring, endpoint);
  } catch (error) {
    // Found out here and not by the database, so the transaction goes on.
    if (error instanceof RowlockError && /^(NOT_FOUND|INVALID_SETTING|MODEL_REFUSED)$/.test(error.code)) {
      return { kind: "refused", error };
    }
    throw error;
  }
  const { rows } = await tx.query<{ attempts: number }>({
    name: "evals_count_call",
    text: `update evals.test_results set attempts = attempts + 1, call_at = null
     where id = $1 and state = 'running' and attempts < $2 returning attempts`,
    values: [resultId, endpoint.maxAttempts],
  });
  return rows[0] === undefined ? { kind: "spent" } : { kind: "call", attempt: rows[0].attempts, call };
}

/**
 * Takes the endpoint's next free moment for this test, once; how long it is till then. A moment that was missed by more
 * than a second is not used: after a pause of the workers all of them would come at once.
 */
async function takeMoment(
  tx: TenantTransaction,
  resultId: string,
  { id, ratePerMinute }: EndpointUnderTest,
): Promise<number> {
  const { rows: taken } = await tx.query<{ ms: number | null }>(
    "select (extract(epoch from call_at - clock_timestamp()) * 1000)::float8 as ms from evals.test_results where id = $1",
    [resultId],
  );
  const left = taken[0]?.ms ?? null;
  if (left !== null && left > -1_000) return left;
  const { rows } = await tx.query<{ ms: number }>(
    `with moment as (
       update evals.endpoints e
       set next_call_at = greatest(e.next_call_at, clock_timestamp()) + interval '1 minute' / $2::int
       where e.id = $1 returning e.next_call_at - interval '1 minute' / $2::int as at),
     noted as (update evals.test_results r set call_at = moment.at from moment where r.id = $3)
     select (extract(epoch from moment.at - clock_timestamp()) * 1000)::float8 as ms from moment`,
    [id, ratePerMinute, resultId],
  );
  return rows[0]?.ms ?? 0;
}
