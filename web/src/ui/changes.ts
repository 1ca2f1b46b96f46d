import { hiddenText, isSecretName } from "../lib/secrets.ts";

export type Change = { name: string; before: string | undefined; after: string | undefined };

/** What differs between two rows, field by field; secrets are hidden. Everything, where there is only one. */
export function changesOf(before: unknown, after: unknown): readonly Change[] {
  const old = fields(before);
  const now = fields(after);
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  return names
    .map((name) => ({ name, before: text(name, old[name]), after: text(name, now[name]) }))
    .filter((change) => change.before !== change.after);
}

function fields(value: unknown): Record<string, unknown> {
  if (value === null || value === undefined) return {};
  return typeof value === "object" && !Array.isArray(value) ? { ...value } : { value };
}

function text(name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (isSecretName(name) && value !== null) return hiddenText;
  return typeof value === "string" ? value : JSON.stringify(value);
}
