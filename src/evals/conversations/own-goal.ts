import type { LongContext } from "../../jobs/index.ts";
import type { RunMetric } from "../judges/index.ts";
import type { ConversationSettings } from "./settings.ts";
import { readTurns } from "./turns.ts";

/**
 * How a conversation is judged: as a whole, and where none of the run's metrics looks at a goal, by the test's own.
 * @returns what differs from the judging of a single answer
 */
export async function judgedAsWhole(
  { transaction }: LongContext,
  resultId: string,
  { metrics, conversation }: { metrics: readonly RunMetric[]; conversation: ConversationSettings },
) {
  const turns = await transaction((tx) => readTurns(tx, resultId));
  const transcript = turns.map(({ role, content }) => ({ role, content }));
  const whole = { input: transcript[0]?.content ?? "", transcript };
  if (metrics.some(({ kind }) => kind === "goal")) return { ...whole, metrics: [...metrics] };
  const own: RunMetric = {
    name: freeName(metrics),
    kind: "goal",
    parameters: { goal: goalOf(conversation) },
  };
  return { ...whole, metrics: [...metrics, own] };
}

/** The name under which its verdict is stored; a metric of the run may bear it already. */
function freeName(metrics: readonly RunMetric[]): string {
  const names = new Set(metrics.map(({ name }) => name));
  return ["goal", "goal of the test"].find((name) => !names.has(name)) ?? `goal of the test ${names.size}`;
}

function goalOf({ goal, restrictions }: ConversationSettings): string {
  if (restrictions === null) return goal;
  return `${goal}\n\nIt counts as not reached if any of these restrictions was broken:\n${restrictions}`;
}
