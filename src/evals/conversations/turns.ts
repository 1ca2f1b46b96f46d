import type { TenantTransaction } from "../../tenancy/index.ts";
import type { Usage } from "../models/index.ts";
import type { Answer } from "../run/answer.ts";
import type { ConversationEnd } from "./settings.ts";

/** One message of a conversation. */
export type Turn = {
  role: "user" | "assistant";
  content: string;
  /** The endpoint's own name for the conversation, as this answer told it. */
  conversationId: string | null;
};

/** What was said so far, in order. */
export async function readTurns(tx: TenantTransaction, resultId: string): Promise<Turn[]> {
  const { rows } = await tx.query<Turn>(
    `select role, content, conversation_id as "conversationId" from evals.turns
     where test_result_id = $1 order by position`,
    [resultId],
  );
  return rows;
}

/** Stores what the simulated user said. @returns false when the result is closed by now: nothing is stored */
export async function storeUserTurn(
  tx: TenantTransaction,
  resultId: string,
  position: number,
  said: { content: string; usage: Usage; cost: string | null },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `with stored as (
       insert into evals.turns (test_result_id, position, role, content, input_tokens, output_tokens, cost)
       select r.id, $2, 'user', $3, $4, $5, $6 from evals.test_results r where r.id = $1 and r.state = 'running'
       returning test_result_id)
     update evals.test_results r set evaluation_attempts = 0 from stored where r.id = stored.test_result_id`,
    [resultId, position, said.content, said.usage.inputTokens, said.usage.outputTokens, said.cost],
  );
  return rowCount === 1;
}

/** Stores what the endpoint answered, with its calls; those of the next message are counted from none. */
export async function storeAnswer(
  tx: TenantTransaction,
  resultId: string,
  position: number,
  answer: Answer,
): Promise<boolean> {
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value));
  const { rowCount } = await tx.query(
    `with stored as (
       insert into evals.turns (test_result_id, position, role, content, context, tool_calls, conversation_id, duration_ms,
         input_tokens, output_tokens, cost, attempts)
       select r.id, $2, 'assistant', $3, $4, $5, $6, $7, $8, $9, $10, r.attempts
       from evals.test_results r where r.id = $1 and r.state = 'running' returning test_result_id)
     update evals.test_results r set attempts = 0 from stored where r.id = stored.test_result_id`,
    [
      resultId,
      position,
      answer.output,
      json(answer.context),
      json(answer.toolCalls),
      answer.conversationId,
      Math.round(answer.durationMs),
      answer.usage?.inputTokens ?? null,
      answer.usage?.outputTokens ?? null,
      answer.cost,
    ],
  );
  await answer.record?.(tx);
  return rowCount === 1;
}

export type Ended = { output: string; durationMs: number; cost: number | null };

/** Makes the last answer the result's output: from here on it is judged, and nobody is asked any more. */
export async function storeEnd(
  tx: TenantTransaction,
  resultId: string,
  end: ConversationEnd,
): Promise<Ended | undefined> {
  const { rows } = await tx.query<Ended>(
    `update evals.test_results r set output = last.content, context = last.context, tool_calls = last.tool_calls,
       conversation_id = last.conversation_id, duration_ms = sums.longest, attempts = sums.attempts,
       evaluation_attempts = 0, conversation_end = $2
     from (select max(t.duration_ms) as longest, sum(t.attempts)::int as attempts, max(t.position) as position
           from evals.turns t where t.test_result_id = $1 and t.role = 'assistant') sums
     join evals.turns last on last.test_result_id = $1 and last.position = sums.position
     where r.id = $1 and r.state = 'running'
     returning r.output, r.duration_ms as "durationMs", r.cost::float8 as cost`,
    [resultId, JSON.stringify(end)],
  );
  return rows[0];
}

/** Notes that the simulated user's model was put off once more. @returns how often that was in a row */
export async function countPutOff(tx: TenantTransaction, resultId: string): Promise<number> {
  const { rows } = await tx.query<{ times: number }>(
    `update evals.test_results set evaluation_attempts = evaluation_attempts + 1
     where id = $1 and state = 'running' returning evaluation_attempts as times`,
    [resultId],
  );
  return rows[0]?.times ?? 0;
}
