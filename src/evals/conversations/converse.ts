import { type LongContext, RetryLater } from "../../jobs/index.ts";
import { recordUsage } from "../models/index.ts";
import { storable } from "../request/index.ts";
import { type Asking, ask, type Refusal } from "../run/ask.ts";
import { beginCall } from "../run/begin-call.ts";
import type { EndpointUnderTest } from "../run/endpoint-under-test.ts";
import type { ConversationEnd, ConversationSettings } from "./settings.ts";
import { nextMessage } from "./simulated-user.ts";
import { type Ended, readTurns, storeAnswer, storeEnd, storeUserTurn, type Turn } from "./turns.ts";

/** Then the worker's place is given to others for a moment; a single call still fits into the task's time after it. */
const longestStretchMs = 45_000;
/** Characters of a whole conversation. One that grows longer is judged as it is. */
const maxLength = 400_000;

type Test = { endpoint: EndpointUnderTest; conversation: ConversationSettings };

/**
 * Leads a conversation to its end: the simulated user and the endpoint by turns, each message stored before the next one
 * is asked for. Whatever was stored by an earlier attempt is not asked for again.
 * @returns its last answer, or the error to store; undefined when the result was closed meanwhile
 * @throws RetryLater when either is to be asked again later, or others shall have their turn
 */
export async function converse(
  context: LongContext,
  resultId: string,
  { endpoint, conversation: settings }: Test,
  asking: Asking,
): Promise<Ended | Refusal | undefined> {
  const { transaction } = context;
  const began = performance.now();
  const turns = await transaction((tx) => readTurns(tx, resultId));
  for (;;) {
    if (performance.now() - began > longestStretchMs) throw new RetryLater("The conversation goes on.", 0);
    const position = turns.length;
    const last = turns.at(-1);
    if (last?.role === "user") {
      const begun = await transaction((tx) => beginCall(tx, asking.ring, resultId, endpoint));
      const question = { endpoint, input: last.content, said: saidSoFar(turns) };
      const answer = await ask(context, question, resultId, begun, asking);
      if ("code" in answer) return answer;
      if (!(await transaction((tx) => storeAnswer(tx, resultId, position, answer)))) return undefined;
      turns.push({ role: "assistant", content: answer.output, conversationId: answer.conversationId });
      continue;
    }
    const bound = boundOf(turns, settings);
    if (bound !== undefined) return await transaction((tx) => storeEnd(tx, resultId, bound));

    const next = await nextMessage(context, resultId, { settings, turns }, asking);
    if ("code" in next) return next;
    const { done, usageOf, call } = next;
    const content = storable(next.message);
    if (done) {
      return await transaction(async (tx) => {
        await recordUsage(tx, usageOf, call);
        return await storeEnd(tx, resultId, { by: "user", reason: storable(next.reason) });
      });
    }
    const stored = await transaction(async (tx) => {
      await recordUsage(tx, usageOf, call);
      return await storeUserTurn(tx, resultId, position, { content, ...call });
    });
    if (!stored) return undefined;
    turns.push({ role: "user", content, conversationId: null });
  }
}

function saidSoFar(turns: readonly Turn[]) {
  return {
    messages: turns.map(({ role, content }) => ({ role, content })),
    conversationId: turns.findLast(({ conversationId }) => conversationId !== null)?.conversationId ?? null,
  };
}

function boundOf(turns: readonly Turn[], { maxTurns }: ConversationSettings): ConversationEnd | undefined {
  if (turns.length >= 2 * maxTurns) {
    return { by: "max_turns", reason: `The user had its ${maxTurns} turns.` };
  }
  const length = turns.reduce((sum, { content }) => sum + content.length, 0);
  if (length < maxLength) return undefined;
  return { by: "length", reason: `The conversation has ${length} characters; from ${maxLength} on it ends.` };
}
