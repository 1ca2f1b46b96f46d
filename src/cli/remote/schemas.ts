import { z } from "zod";

/** Answers of the API, as far as commands use them. What else is in them is left out. */
export const made = z.object({ id: z.string() });

export const run = z.object({
  id: z.string(),
  testSetId: z.string(),
  endpointId: z.string(),
  state: z.string(),
  total: z.number(),
  queued: z.number(),
  running: z.number(),
  passed: z.number(),
  failed: z.number(),
  errored: z.number(),
  cancelled: z.number(),
  passRate: z.number().nullable(),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
});
export type Run = z.output<typeof run>;

export const result = z.object({
  testId: z.string(),
  position: z.number(),
  state: z.string(),
  input: z.string(),
  expected: z.string().nullable(),
  output: z.string().nullable(),
  durationMs: z.number().nullable(),
  /** Of a conversation. */
  turns: z.number().nullable().optional(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  evaluations: z.array(z.object({ metric: z.string(), passed: z.boolean(), reason: z.string() })),
});
export type Result = z.output<typeof result>;

export const resultPage = z.object({ results: z.array(result), next: z.number().nullable() });
export const runPage = z.object({ testRuns: z.array(run), next: z.string().nullable() });

/** A run beside the one it has to hold against. */
export const comparison = z.object({
  beforeId: z.string(),
  flips: z.array(z.object({ testId: z.string(), before: z.string(), after: z.string() })),
});
export const named = z.object({ id: z.string(), name: z.string(), tests: z.number().optional() });
export type Named = z.output<typeof named>;
