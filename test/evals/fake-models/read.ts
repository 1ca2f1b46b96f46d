/** A value as an object, empty when it is none. */
export function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

export const text = (value: unknown): string | null => (value === undefined ? null : part(value));
export const number = (value: unknown): number | null => (typeof value === "number" ? value : null);

/** The text of a message, written as one text or as a list of parts. */
export function part(content: unknown): string {
  if (typeof content === "string") return content;
  return Array.isArray(content) ? content.map((one) => String(record(one).text ?? "")).join("") : "";
}

/** One event of a stream. */
export function event(data: unknown, name?: string): string {
  return `${name === undefined ? "" : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;
}
