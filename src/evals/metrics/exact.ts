import { z } from "zod";
import { quoted, requireExpected, type Subject, type Verdict, verdict } from "./verdict.ts";

export const exactParameters = z.strictObject({
  trim: z.boolean().default(true).describe("Ignore blanks and line ends around both texts"),
  caseSensitive: z.boolean().default(true).describe("Whether A and a differ"),
});

/** Passes when output and expected output are the same text. */
export function judgeExact(parameters: z.output<typeof exactParameters>, subject: Subject): Verdict {
  const normal = (text: string) => {
    const trimmed = parameters.trim ? text.trim() : text;
    // é can be one character or two; to a reader both are the same text.
    return (parameters.caseSensitive ? trimmed : trimmed.toLowerCase()).normalize("NFC");
  };
  const expected = requireExpected("exact", subject);
  return normal(subject.output) === normal(expected)
    ? verdict(true, "The output is the expected text.")
    : verdict(false, `The output is ${quoted(subject.output)}, expected was ${quoted(expected)}.`);
}
