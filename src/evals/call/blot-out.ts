export const placeholder = "[secret]";

/** Shorter ones stand in any text by chance. */
const shortest = 6;

/**
 * Removes secrets from a text that came from outside: an endpoint may well answer with the headers it was sent. Also
 * as they are written in JSON, in JSON within JSON, in a URL and in base64.
 */
export function blotOut(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    if (secret.length < shortest) continue;
    const inJson = escaped(secret);
    const forms = [secret, inJson, escaped(inJson), encodeURIComponent(secret), base64(secret)];
    for (const form of new Set(forms)) {
      clean = clean.replaceAll(form, placeholder);
    }
  }
  return clean;
}

/** The same in each text of a JSON value. */
export function blotOutOf<Value>(value: Value, secrets: readonly string[]): Value {
  return (secrets.length === 0 ? value : walk(value, secrets)) as Value;
}

function walk(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === "string") return blotOut(value, secrets);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((part: unknown) => walk(part, secrets));
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [blotOut(key, secrets), walk(part, secrets)]),
  );
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
