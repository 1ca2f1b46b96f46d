import type { ApiError } from "../api/api-error.ts";

/**
 * What the API refused, by the field it concerns: the first of `fields` in an issue's path. What lies deeper in a
 * field's value keeps its path in the message. Empty when no field is meant.
 */
export function fieldErrors<Field extends string>(
  error: ApiError,
  fields: readonly Field[],
): Partial<Record<Field, string>> {
  const found: Partial<Record<Field, string>> = {};
  const known = new Set<string>(fields);
  for (const { path, message } of error.issues) {
    // The paths of what a task's schema refuses begin in the payload.
    const whole = error.code === "INVALID_PAYLOAD" ? `/payload${path}` : path;
    const parts = whole.split("/").filter((part) => part !== "");
    const at = parts.findIndex((part) => known.has(part));
    const field = fields.find((one) => one === parts[at]);
    if (field === undefined) continue;
    const deeper = parts.slice(at + 1).join("/");
    const told = deeper === "" ? message : `${deeper}: ${message}`;
    found[field] = found[field] === undefined ? told : `${found[field]} ${told}`;
  }
  return found;
}
