import { RowlockError } from "../../sdk/index.ts";

/** What a metric judges: the endpoint's answer, and what the test expected (null when the test says nothing). */
export type Subject = { expected: string | null; output: string };

/** A metric's word on one output. `reason` is one sentence a person can read; `score` is 1 when passed, else 0. */
export type Verdict = { passed: boolean; score: 0 | 1; reason: string };

export function verdict(passed: boolean, reason: string): Verdict {
  return { passed, score: passed ? 1 : 0, reason };
}

/**
 * The expected output of a test, where a metric cannot judge without one.
 * A test without it is an error of the evaluation and never a failed test.
 * @throws RowlockError INVALID_ARGUMENT
 */
export function requireExpected(kind: string, subject: Subject): string {
  if (subject.expected !== null) return subject.expected;
  throw new RowlockError(
    "INVALID_ARGUMENT",
    `The test has no expected output and metric "${kind}" compares with it. Add one, or take the metric off this test set.`,
  );
}

/** Text for a reason: quoted, at most 80 characters, so that a long answer does not fill a result row. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77).toWellFormed()}...` : text);
}
