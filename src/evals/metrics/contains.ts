import { z } from "zod";
import { quoted, requireExpected, type Subject, type Verdict, verdict } from "./verdict.ts";

export const containsParameters = z.strictObject({
  text: z
    .string()
    .min(1)
    .max(10_000)
    .optional()
    .describe("What the output must contain. Unset: the test's expected output"),
  caseSensitive: z.boolean().default(false).describe("Whether A and a differ"),
});

/** Passes when the output contains the text, anywhere. */
export function judgeContains(parameters: z.output<typeof containsParameters>, subject: Subject): Verdict {
  const wanted = parameters.text ?? requireExpected("contains", subject);
  const normal = (text: string) => (parameters.caseSensitive ? text : text.toLowerCase()).normalize("NFC");
  return normal(subject.output).includes(normal(wanted))
    ? verdict(true, `The output contains ${quoted(wanted)}.`)
    : verdict(false, `The output does not contain ${quoted(wanted)}.`);
}
