import type { z } from "zod";

/** What a model said as the object that was asked for, or what is wrong with it, in words the model can use. */
export function readObject<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  finishReason: string,
): { object: z.output<Schema> } | { problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(withoutFence(text));
  } catch {
    return {
      problem: finishReason === "length" ? "it is cut off at the most tokens allowed" : "it is not JSON",
    };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { object: parsed.data };
  const issues = parsed.error.issues.slice(0, 5);
  return { problem: issues.map(({ path, message }) => `/${path.join("/")} ${message}`).join("; ") };
}

/** Local servers without structured output like to wrap their JSON as Markdown. */
function withoutFence(text: string): string {
  return /^\s*```(?:json)?\s*\n([\s\S]*?)\n?\s*```\s*$/.exec(text)?.[1] ?? text;
}
