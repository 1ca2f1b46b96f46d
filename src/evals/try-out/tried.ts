import { z } from "zod";
import { type MappedAnswer, type RenderedRequest, storable, storableJson } from "../request/index.ts";
import type { SafeFetchAnswer } from "../safe-fetch/index.ts";

const texts = z.record(z.string(), z.string());

/** One call as it went: what was sent, what came back, what the endpoint's paths make of it. */
export const tried = z.object({
  request: z
    .object({ method: z.string(), url: z.string(), headers: texts, body: z.string().nullable() })
    .nullable()
    .describe("As it was sent, secrets as [secret]; null when it could not be made"),
  response: z
    .object({
      status: z.int(),
      headers: texts,
      body: z.string().describe("Its first 64 KB"),
      truncated: z.boolean(),
      durationMs: z.int(),
    })
    .nullable(),
  result: z
    .object({
      output: z.string(),
      context: z.unknown(),
      toolCalls: z.unknown(),
      conversationId: z.string().nullable(),
    })
    .nullable()
    .describe("What a run would keep, texts cut; null when it would be an error"),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type Tried = z.output<typeof tried>;

/** Of the answer's body; the rest of what is shown is shorter, since a job's result has 256 KB at most. */
const mostOfBody = 64 * 1024;
const mostOfPart = 16 * 1024;

export function showRequest({ method, url, headers, body }: RenderedRequest): NonNullable<Tried["request"]> {
  return { method, url, headers, body: body === null ? null : start(body, mostOfPart) };
}

export function showAnswer({
  status,
  headers,
  text,
  durationMs,
}: SafeFetchAnswer): NonNullable<Tried["response"]> {
  const body = start(text, mostOfBody);
  const shown = Object.entries(headers)
    .slice(0, 50)
    .map(([name, value]) => [name.slice(0, 100), start(String(value), 500)]);
  return {
    status,
    headers: Object.fromEntries(shown) as Record<string, string>,
    body,
    truncated: body.length < text.length,
    durationMs: Math.round(durationMs),
  };
}

export function showMapped({
  output,
  context,
  toolCalls,
  conversationId,
}: MappedAnswer): NonNullable<Tried["result"]> {
  return {
    output: start(output, mostOfPart),
    context: part(context),
    toolCalls: part(toolCalls),
    conversationId: conversationId === null ? null : storable(conversationId),
  };
}

function part(value: unknown): unknown {
  const text = JSON.stringify(value);
  return text.length > mostOfPart ? start(text, mostOfPart) : storableJson(value);
}

/** Counted as it is written in JSON: control characters take six times the room there. */
function start(text: string, most: number): string {
  let kept = storable(text.slice(0, most));
  while (Buffer.byteLength(JSON.stringify(kept)) > most + 2)
    kept = storable(kept.slice(0, kept.length * 0.8));
  return kept;
}
