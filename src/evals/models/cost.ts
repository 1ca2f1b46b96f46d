import type { StoredModel } from "./model.ts";

export type Usage = { inputTokens: number | null; outputTokens: number | null };

/** Prices have six decimals and are per million tokens: a token's price has twelve. */
const decimals = 12;

/**
 * What a call cost, as exact decimal text. Null when it cannot be told: no price is set, or the provider did not say
 * how many tokens it was.
 */
export function costOf(
  { inputPrice, outputPrice }: Pick<StoredModel, "inputPrice" | "outputPrice">,
  { inputTokens, outputTokens }: Usage,
): string | null {
  if (inputPrice === null || outputPrice === null || inputTokens === null || outputTokens === null)
    return null;
  const sum = BigInt(inputTokens) * scaled(inputPrice) + BigInt(outputTokens) * scaled(outputPrice);
  const digits = sum.toString().padStart(decimals + 1, "0");
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`.replace(/\.?0+$/, "");
}

/** A price in millionths. */
function scaled(price: string): bigint {
  const [whole = "0", fraction = ""] = price.split(".");
  return BigInt(whole + fraction.padEnd(6, "0"));
}
