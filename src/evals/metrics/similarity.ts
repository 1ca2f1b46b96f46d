import { distance } from "fastest-levenshtein";
import { z } from "zod";
import { RowlockError } from "../../sdk/index.ts";
import { quoted, requireExpected, type Subject, type Verdict, verdict } from "./verdict.ts";

/** The distance takes time in proportion to the product of both lengths; so many steps take half a second. */
const maxProduct = 400_000_000;

export const similarityParameters = z.strictObject({
  threshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.8)
    .describe("Least similarity that passes; 1 is the same text"),
  text: z.string().min(1).max(10_000).optional().describe("What to compare with. Unset: the expected output"),
  caseSensitive: z.boolean().default(false).describe("Whether A and a differ"),
});

/**
 * Passes when the output is close to the expected text: 1 - Levenshtein distance / length of the longer one, which is
 * the share of it that need not be changed to make one of the other.
 */
export function judgeSimilarity(
  parameters: z.output<typeof similarityParameters>,
  subject: Subject,
): Verdict {
  const normal = (text: string) =>
    (parameters.caseSensitive ? text : text.toLowerCase()).trim().normalize("NFC");
  const wanted = parameters.text ?? requireExpected("similarity", subject);
  const [a, b] = [normal(subject.output), normal(wanted)];
  if (a.length * b.length > maxProduct) {
    throw new RowlockError(
      "INVALID_ARGUMENT",
      `The texts have ${a.length} and ${b.length} characters, too many to compare. Judge such outputs by another metric.`,
    );
  }
  const longer = Math.max(a.length, b.length);
  const similarity = longer === 0 ? 1 : 1 - distance(a, b) / longer;
  // Judged as it is, shown rounded down: 0.7999 must not read as the 0.80 that it failed to reach.
  const shown = (Math.floor(similarity * 1_000) / 1_000).toString();
  return verdict(
    similarity >= parameters.threshold,
    `The output is ${shown} similar to ${quoted(wanted)}; ${parameters.threshold} passes.`,
    similarity,
  );
}
