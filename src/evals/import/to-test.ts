import type { Issue } from "../../sdk/index.ts";
import type { Columns, Field, ImportedTest } from "./columns.ts";

/** Looks a field of the file up: undefined when the record has none of that name. */
export type Lookup = (name: string) => unknown;

/** Most characters of a field, as the tables have it: there it would end the whole import without a line's number. */
const longest = { input: 100_000, expected: 100_000, category: 200, tags: 100_000 } as const satisfies Record<
  Field,
  number
>;

/** Makes a test of one record, or says what is wrong with it. `path` of the issue is our field's, `/input`. */
export function toTest(lookup: Lookup, columns: Columns): { test: ImportedTest } | { issue: Issue } {
  try {
    const input = text(lookup, columns, "input");
    if (input === undefined || input.trim() === "") {
      throw new Unusable("input", `${shown(columns.input)} is empty`);
    }
    const category = text(lookup, columns, "category");
    const tags = readTags(lookup, columns);
    return {
      test: {
        input,
        expected: text(lookup, columns, "expected") ?? null,
        ...(category !== undefined && category !== "" && { category }),
        ...(tags !== undefined && { tags }),
      },
    };
  } catch (error) {
    if (error instanceof Unusable) return { issue: { path: `/${error.field}`, message: error.message } };
    throw error;
  }
}

class Unusable extends Error {
  readonly field: Field;
  constructor(field: Field, message: string) {
    super(message);
    this.field = field;
  }
}

/** The field's text; undefined when it is not mapped or null in the file. */
function text(lookup: Lookup, columns: Columns, field: Field): string | undefined {
  const name = columns[field];
  if (name === undefined) return undefined;
  const value = lookup(name);
  // A name nobody wrote in the file is far more often a slip in the mapping than a test without the field.
  if (value === undefined) throw new Unusable(field, `there is no field ${shown(name)}`);
  return value === null ? undefined : asText(value, field, name);
}

function asText(value: unknown, field: Field, name: string): string {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") {
    throw new Unusable(field, `${shown(name)} is ${Array.isArray(value) ? "a list" : "an object"}, not text`);
  }
  // Postgres keeps neither, and would refuse the whole import at its very end.
  if (value.includes("\0")) throw new Unusable(field, `${shown(name)} holds a NUL character`);
  if (!value.isWellFormed())
    throw new Unusable(field, `${shown(name)} holds half a character (a lone surrogate)`);
  if (isLonger(value, longest[field])) {
    throw new Unusable(field, `${shown(name)} has more than ${longest[field]} characters`);
  }
  return value;
}

/** In characters as Postgres counts them: one outside of the first 65,536 has a length of 2 here. */
function isLonger(text: string, most: number): boolean {
  return text.length > most && (text.length > 2 * most || [...text].length > most);
}

function readTags(lookup: Lookup, columns: Columns): string[] | undefined {
  const name = columns.tags;
  if (name === undefined) return undefined;
  const value = lookup(name);
  if (value === undefined) throw new Unusable("tags", `there is no field ${shown(name)}`);
  if (value === null) return undefined;
  const parts = Array.isArray(value)
    ? value.map((part: unknown) => asText(part, "tags", name))
    : asText(value, "tags", name).split(",");
  return [...new Set(parts.map((part) => part.trim()).filter((part) => part !== ""))];
}

function shown(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}...` : name);
}
