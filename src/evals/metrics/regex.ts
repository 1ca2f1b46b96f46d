import { RE2JS } from "re2js";
import { z } from "zod";
import { RowlockError } from "../../sdk/index.ts";
import { quoted, type Subject, type Verdict, verdict } from "./verdict.ts";

/**
 * Patterns are a tenant's and run in a process shared by all: a backtracking engine could be made to hang it.
 * RE2 runs in time linear in text × size of the pattern; both are bounded here, so that one judgement
 * takes a second at most (measured: 50 million steps take 0.7 s in the engine's slowest mode).
 */
const maxPatternLength = 1_000;
const maxProgramSize = 2_000;
const maxSteps = 50_000_000;

export const regexParameters = z
  .strictObject({
    pattern: z
      .string()
      .min(1)
      .max(maxPatternLength)
      .describe("RE2 syntax: no look-ahead, no back-references; matches anywhere unless anchored by ^ and $"),
    flags: z
      .string()
      .max(3, { abort: true })
      .regex(
        /^(?!.*(.).*\1)[ims]*$/,
        "flags are i (ignore case), m (^ and $ at each line), s (. matches line ends)",
      )
      .default(""),
  })
  .superRefine(({ pattern, flags }, context) => {
    if (pattern.length > maxPatternLength || !/^[ims]*$/.test(flags)) return;
    const problem = problemOf(pattern, flags);
    if (problem !== null) context.addIssue({ code: "custom", path: ["pattern"], message: problem });
  });

/** Passes when the pattern matches somewhere in the output. The expected output is not looked at. */
export function judgeRegex(parameters: z.output<typeof regexParameters>, subject: Subject): Verdict {
  const regex = compile(parameters.pattern, parameters.flags);
  if (regex.programSize() * subject.output.length > maxSteps) {
    throw new RowlockError(
      "INVALID_ARGUMENT",
      `The output has ${subject.output.length} characters, too many for a pattern of size ${regex.programSize()}. Use a simpler pattern or a shorter output.`,
    );
  }
  const shown = quoted(parameters.pattern);
  return regex.test(subject.output)
    ? verdict(true, `The output matches ${shown}.`)
    : verdict(false, `The output does not match ${shown}.`);
}

function problemOf(pattern: string, flags: string): string | null {
  try {
    const size = compile(pattern, flags).programSize();
    return size > maxProgramSize
      ? `the pattern unrolls to ${size} steps, more than ${maxProgramSize}; use smaller repeat counts`
      : null;
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^error parsing regexp: /, "") : String(error);
    return `the pattern does not compile: ${why}`;
  }
}

function compile(pattern: string, flags: string): RE2JS {
  let bits = RE2JS.LOOKBEHINDS;
  if (flags.includes("i")) bits |= RE2JS.CASE_INSENSITIVE;
  if (flags.includes("m")) bits |= RE2JS.MULTILINE;
  if (flags.includes("s")) bits |= RE2JS.DOTALL;
  return RE2JS.compile(RE2JS.translateRegExp(pattern), bits);
}
