import { z } from "zod";

/** What a template may name. A test's expected output is never among them: the endpoint must not see it. */
export const requestVariables: readonly string[] = ["input", "messages"];

const conversation = z
  .array(z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(z.unknown())]) }))
  .min(1);

/**
 * The variables of one test. `messages` is the input as a conversation: itself if it is one, written as JSON, else one
 * message of the user's.
 */
export function requestVariablesOf(input: string): { input: string; messages: unknown[] } {
  const known = input.trimStart().startsWith("[") ? conversation.safeParse(parseJson(input)) : undefined;
  return { input, messages: known?.success === true ? known.data : [{ role: "user", content: input }] };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
