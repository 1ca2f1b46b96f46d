import { z } from "zod";
import { RowlockError } from "../../sdk/index.ts";
import { type Decimal, parseDecimal, within } from "./decimal.ts";
import { quoted, requireExpected, type Subject, type Verdict, verdict } from "./verdict.ts";

export const numberParameters = z.strictObject({
  after: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("Marker such as `A:`; the number after its last occurrence counts. Unset: the last number"),
  tolerance: z.number().min(0).default(0).describe("Largest difference that still passes"),
});

/**
 * A number in running text. Commas between digits, `$` and `%` are dropped. Digits glued to a letter (m2, H2O)
 * belong to a word, and a dash glued to what stands before it (3-4) is no sign.
 */
const inText =
  /(?<![\p{L}\d]|\d[.,])(?:[-+−]\$?|\$[-+−]?)?(?:\d[\d,]*(?:\.\d+)?|(?<!\.)\.\d+)(?:[eE][-+]?\d{1,3}(?![\p{L}\d]))?/gu;

/** Passes when the number in the output equals the expected one, as numbers: 70,000 = 70000, 1.50 = 1.5. */
export function judgeNumber(parameters: z.output<typeof numberParameters>, subject: Subject): Verdict {
  const expectedText = requireExpected("number", subject);
  const expected = lastNumber(expectedText);
  if (expected === null) {
    throw new RowlockError(
      "INVALID_ARGUMENT",
      `The expected output ${quoted(expectedText)} holds no number. Correct the test, or judge it with another metric.`,
    );
  }
  const found =
    parameters.after === undefined
      ? lastNumber(subject.output)
      : numberAfter(parameters.after, subject.output);
  if (found === null) {
    const where = parameters.after === undefined ? "" : ` after ${quoted(parameters.after)}`;
    return verdict(false, `The output has no number${where}; expected was ${expected.text}.`);
  }
  const tolerance = parseDecimal(String(parameters.tolerance)) ?? { digits: 0n, scale: 0 };
  const passed = within(found.value, expected.value, tolerance);
  const margin = parameters.tolerance === 0 ? "" : ` (within ${parameters.tolerance})`;
  return verdict(passed, `The output's number is ${found.text}, expected was ${expected.text}${margin}.`);
}

type Found = { text: string; value: Decimal };

function lastNumber(text: string): Found | null {
  let last: Found | null = null;
  for (const found of numbersIn(text)) last = found;
  return last;
}

/** The first number behind the marker on its line, so that what is said on later lines does not count. */
function numberAfter(marker: string, text: string): Found | null {
  const at = text.lastIndexOf(marker);
  if (at < 0) return null;
  const [rest = ""] = text.slice(at + marker.length).split(/\r\n|\r|\n/, 1);
  for (const found of numbersIn(rest)) return found;
  return null;
}

function* numbersIn(text: string): Generator<Found, void, undefined> {
  for (const [match] of text.matchAll(inText)) {
    const value = parseDecimal(match.replace(/[,$]/g, ""));
    if (value !== null) yield { text: match.length > 40 ? `${match.slice(0, 37)}...` : match, value };
  }
}
