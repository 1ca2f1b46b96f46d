import { z } from "zod";
import { type Issue, RowlockError } from "../../sdk/index.ts";
import { checkTemplate } from "./check-endpoint.ts";
import { renderRequest } from "./render-request.ts";

/** What a model is told, as Liquid templates over `input`. */
export const promptTemplate = z.strictObject({
  system: z.string().max(64_000).optional(),
  prompt: z.string().min(1).max(64_000).describe("A Liquid template over `input`"),
});

export type PromptTemplate = z.output<typeof promptTemplate>;

const rendered = z.object({ system: z.coerce.string().optional(), prompt: z.coerce.string() });

/** A model has neither URL nor headers; only the template counts. */
const asEndpoint = ({ system, prompt }: PromptTemplate) => ({
  url: "",
  method: "POST" as const,
  headers: {},
  requestTemplate: system === undefined ? { prompt } : { system, prompt },
  responsePath: "output",
  responseMapping: {},
});

/** What is wrong with a prompt, each with its JSON pointer; empty when nothing is. */
export function checkPrompt(template: PromptTemplate): Issue[] {
  return checkTemplate(asEndpoint(template));
}

/** Fills a prompt with a test's input. @throws RowlockError INVALID_ARGUMENT */
export function renderPrompt(template: PromptTemplate, input: string): { system?: string; prompt: string } {
  const { body } = renderRequest(asEndpoint(template), { input });
  const { system, prompt } = rendered.parse(JSON.parse(body ?? "null"));
  if (prompt.trim() === "") {
    throw new RowlockError(
      "INVALID_ARGUMENT",
      "The prompt is empty for this input. Correct the endpoint's template.",
    );
  }
  return system === undefined || system === "" ? { prompt } : { system, prompt };
}

/**
 * Fills a prompt with a conversation: each of the user's messages by itself, and what the model is told by the first, so
 * that it stays the same. @throws RowlockError INVALID_ARGUMENT
 */
export function renderMessages<Message extends { role: "user" | "assistant"; content: string }>(
  template: PromptTemplate,
  messages: readonly Message[],
): { system?: string; messages: Message[] } {
  const { system } = renderPrompt(template, messages[0]?.content ?? "");
  const filled = messages.map((message) => ({
    ...message,
    content:
      message.role === "user"
        ? renderPrompt(template, message.content).prompt
        : // Providers refuse an empty turn.
          message.content || "(nothing)",
  }));
  return system === undefined ? { messages: filled } : { system, messages: filled };
}
