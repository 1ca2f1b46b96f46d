import { z } from "zod";

/** What a template may name. A test's expected output is never among them: the endpoint must not see it. */
export const requestVariables: readonly string[] = ["input", "messages", "conversationId"];

const conversation = z
  .array(z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(z.unknown())]) }))
  .min(1);

/** What was said in a conversation, the input last, and what the endpoint calls it. */
export type Said = { messages: unknown[]; conversationId: string | null };

/**
 * The variables of one test. In a conversation `messages` is all of it; else the input as a conversation: itself if it
 * is one, written as JSON, or one message of the user's. `conversationId` is null before the endpoint named one.
 */
export function requestVariablesOf(input: string, said?: Said): Said & { input: string } {
  if (said !== undefined) return { input, ...said };
  const known = input.trimStart().startsWith("[") ? conversation.safeParse(parseJson(input)) : undefined;
  const messages = known?.success === true ? known.data : [{ role: "user", content: input }];
  return { input, messages, conversationId: null };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
