import { FetchError } from "../safe-fetch/index.ts";
import { boundedJson, maxOutputLength } from "./bounded-json.ts";
import type { Endpoint } from "./endpoint.ts";
import { compilePath } from "./response-path.ts";

/**
 * An endpoint's answer as JSON.
 * @throws FetchError (FETCH_FAILED, reason "answer")
 */
export function parseAnswer(text: string, contentType?: string | string[]): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const type = String(contentType ?? "no content type").slice(0, 100);
    throw new FetchError(
      "answer",
      `The endpoint's answer (${text.length} characters, ${type}) is not JSON. It must answer JSON.`,
    );
  }
}

/** What is kept of an answer. */
export type MappedAnswer = {
  output: string;
  context: unknown;
  toolCalls: unknown;
  conversationId: string | null;
};

const longestId = 1_000;

/**
 * Takes from an answer what an endpoint's paths say. Only the output must be there.
 * @throws FetchError (FETCH_FAILED, reason "answer")
 */
export async function mapAnswer(endpoint: Endpoint, body: unknown): Promise<MappedAnswer> {
  const { context, toolCalls, conversationId } = endpoint.responseMapping;
  const { output } = await mapResponse(endpoint.responsePath, body);
  const id = await find(conversationId, body);
  if (id !== null && typeof id !== "string" && typeof id !== "number") {
    throw new FetchError(
      "answer",
      `The path ${conversationId} leads to no text: a conversation's id must be one.`,
    );
  }
  return {
    output,
    context: await find(context, body),
    toolCalls: await find(toolCalls, body),
    conversationId: id === null ? null : String(id).slice(0, longestId),
  };
}

async function find(path: string | undefined, body: unknown): Promise<unknown> {
  const found = path === undefined ? undefined : await evaluate(path, body);
  // Through text: what JSONata gives has properties of its own, and may hold one part many times.
  return found === undefined || found === null ? null : JSON.parse(toJson(found));
}

/**
 * Takes the output from an endpoint's answer. What is not text becomes JSON text.
 * @param path JSONata kept to finding things, such as `output` or `choices[0].message.content`
 * @throws FetchError (FETCH_FAILED, reason "answer") when the path finds nothing, fails, or takes over a second
 */
export async function mapResponse(path: string, body: unknown): Promise<{ output: string }> {
  const found = await evaluate(path, body);
  if (found === undefined) {
    throw new FetchError(
      "answer",
      `The response path ${path} found nothing in the endpoint's answer. Compare the two.`,
    );
  }
  const output = typeof found === "string" ? found : toJson(found);
  if (output.length > maxOutputLength) {
    throw new FetchError(
      "answer",
      `The output has ${output.length} characters, more than ${maxOutputLength}.`,
    );
  }
  return { output };
}

async function evaluate(path: string, body: unknown): Promise<unknown> {
  try {
    return await compilePath(path).evaluate(body);
  } catch (error) {
    const why = typeof error === "object" && error !== null && "message" in error ? error.message : error;
    throw new FetchError(
      "answer",
      `The response path ${path} failed on the endpoint's answer: ${String(why)}.`,
      {
        cause: error,
      },
    );
  }
}

function toJson(value: unknown): string {
  try {
    return boundedJson(value, maxOutputLength);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new FetchError("answer", `The output cannot be kept: ${why}.`, { cause: error });
  }
}
