import type { Issue } from "../../sdk/index.ts";
import type { Columns, Field, ImportedTest } from "./columns.ts";

/** Looks a field of the file up: undefined when the record has none of that name. */
export type Lookup = (name: string) => unknown;

/** Most characters of a field, as the tables have it: there it would end the whole import without a line's number. */
const longest = {
  input: 100_000,
  expected: 100_000,
  category: 200,
  tags: 100_000,
  goal: 20_000,
  instructions: 20_000,
  restrictions: 20_000,
  maxTurns: 10,
} as const satisfies Record<Field, number>;

/** Makes a test of one record, or says what is wrong with it. `path` of the issue is our field's, `/input`. */
export function toTest(lookup: Lookup, columns: Columns): { test: ImportedTest } | { issue: Issue } {
  try {
    const asked = hasGoal(lookup, columns)
      ? readConversation(lookup, columns)
      : { input: required(lookup, columns, "input") };
    const category = text(lookup, columns, "category");
    const tags = readTags(lookup, columns);
    return {
      test: {
        ...asked,
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

/** A file may hold tests of both kinds. */
function hasGoal(lookup: Lookup, { goal }: Columns): boolean {
  return goal !== undefined && ![undefined, null, ""].some((nothing) => lookup(goal) === nothing);
}

function readConversation(lookup: Lookup, columns: Columns) {
  const restrictions = text(lookup, columns, "restrictions");
  const maxTurns = text(lookup, columns, "maxTurns");
  if (maxTurns !== undefined && maxTurns !== "" && !/^([1-9]|[1-4]\d|50)$/.test(maxTurns)) {
    throw new Unusable("maxTurns", `${shown(columns.maxTurns ?? "")} is no whole number from 1 to 50`);
  }
  return {
    goal: required(lookup, columns, "goal"),
    instructions: required(lookup, columns, "instructions"),
    ...(restrictions ? { restrictions } : {}),
    ...(maxTurns ? { maxTurns: Number(maxTurns) } : {}),
  };
}

function required(lookup: Lookup, columns: Columns, field: Field): string {
  const value = text(lookup, columns, field);
  if (value !== undefined && value.trim() !== "") return value;
  const name = columns[field];
  throw new Unusable(
    field,
    name === undefined
      ? `a test with a goal needs ${field}; say which field they are`
      : `${shown(name)} is empty`,
  );
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
  const list = Array.isArray(value) ? value : listIn(asText(value, "tags", name));
  const parts = list.map((part: unknown) => asText(part, "tags", name));
  return [...new Set(parts.map((part) => part.trim()).filter((part) => part !== ""))];
}

/** With commas, or as JSON: so are tags that have a comma in themselves. */
function listIn(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value;
  } catch {
    // As it is.
  }
  return text.split(",");
}

function shown(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}...` : name);
}
