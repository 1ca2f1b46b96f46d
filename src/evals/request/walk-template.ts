/** A JSON value's texts, each with its JSON pointer. */
export type Leaf = { pointer: string; text: string };

const maxDepth = 50;

/**
 * Copies a JSON value, putting `replace(leaf)` in place of each text. Keys stay as they are.
 * @throws Error when nested deeper than 50
 */
export function mapTexts(value: unknown, replace: (leaf: Leaf) => unknown, pointer = "", depth = 0): unknown {
  if (typeof value === "string") return replace({ pointer, text: value });
  if (typeof value !== "object" || value === null) return value;
  if (depth === maxDepth) throw new Error(`the template is nested deeper than ${maxDepth}`);
  const step = (key: string | number, part: unknown) =>
    mapTexts(part, replace, `${pointer}/${escapePointer(String(key))}`, depth + 1);
  if (Array.isArray(value)) return value.map((part, index) => step(index, part));
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, step(key, part)]));
}

/** A name as one step of a JSON pointer (RFC 6901). */
export function escapePointer(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
