import { RowlockError } from "../../sdk/index.ts";

/** What a metric judges: the endpoint's answer, and what the test expected (null when the test says nothing). */
export type Subject = {
  input: string;
  expected: string | null;
  output: string;
  /** How long the endpoint took; null when that was not measured. */
  durationMs: number | null;
  /** What the answer cost, in the currency of the model's prices; null when nobody knows. */
  cost: number | null;
  /** Of a conversation: all of it, in order; `output` is its last message. */
  transcript?: { role: "user" | "assistant"; content: string }[] | undefined;
};

/** A metric's word on one output. `reason` is one sentence a person can read; `score` is 1 when passed, else 0, where the kind has no other. */
export type Verdict = {
  passed: boolean;
  score: number;
  reason: string;
  /** Which of its categories, where the kind has some. */
  category?: string;
};

export function verdict(passed: boolean, reason: string, score: number = passed ? 1 : 0): Verdict {
  return { passed, score, reason };
}

/**
 * The expected output of a test, where a metric cannot judge without one.
 * A test without it is an error of the evaluation and never a failed test.
 * @throws RowlockError INVALID_ARGUMENT
 */
export function requireExpected(kind: string, { expected }: Pick<Subject, "expected">): string {
  if (expected !== null) return expected;
  throw new RowlockError(
    "INVALID_ARGUMENT",
    `The test has no expected output and metric "${kind}" compares with it. Add one, or take the metric off this test set.`,
  );
}

/** Text for a reason: quoted, at most 80 characters, so that a long answer does not fill a result row. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77).toWellFormed()}...` : text);
}
