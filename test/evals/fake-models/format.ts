import type { IncomingHttpHeaders } from "node:http";

/** What a request asks for, whichever wire format it came in. */
export type Asked = {
  model: string;
  system: string | null;
  /** What users and assistant said, in order. */
  turns: string[];
  /** The JSON Schema that the answer must fit, as it came over the wire. */
  schema: unknown;
  temperature: number | null;
  maxTokens: number | null;
  stream: boolean;
  key: string | null;
};

/** A wire format: reads what is asked, and writes an answer, or its stream as pieces of a body. */
export type Format = {
  asked(body: Record<string, unknown>, headers: IncomingHttpHeaders, path: string): Asked;
  answer(text: string, asked: Asked): unknown;
  stream(text: string, asked: Asked): string[];
  error(status: number, message: string): unknown;
};

/** Tokens of every answer: 1000 in, 200 out. */
export const tokens = { input: 1_000, output: 200 };
