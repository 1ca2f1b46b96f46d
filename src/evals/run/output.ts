import type { TenantTransaction } from "../../tenancy/index.ts";
import type { Answer } from "./answer.ts";

/** Stores the output before anybody is asked to judge it, so that it is never asked for twice. */
export async function storeOutput(tx: TenantTransaction, resultId: string, answer: Answer): Promise<void> {
  await tx.query(
    `update evals.test_results set output = $2, duration_ms = $3, context = $4, tool_calls = $5, conversation_id = $6
     where id = $1 and state = 'running'`,
    [resultId, ...outputValues(answer)],
  );
  await answer.record?.(tx);
}

/** output, duration_ms, context, tool_calls, conversation_id */
export function outputValues({ output, durationMs, context, toolCalls, conversationId }: Answer): unknown[] {
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value));
  return [output, Math.round(durationMs), json(context), json(toolCalls), conversationId];
}
