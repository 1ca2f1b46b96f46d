import { z } from "zod";

const name = z.string().min(1).max(500);

/**
 * Which field of the file is which of ours. In JSONL a name may be a path (`recorded.model.answer`); a field of that
 * very name comes first. In CSV it is a column's heading.
 */
export const columnsSchema = z.strictObject({
  input: name.default("input").describe("What the endpoint is asked"),
  expected: name.optional().describe("What it should answer"),
  category: name.optional(),
  tags: name.optional().describe("A list, or one text with commas; or a JSON list as text"),
  goal: name.optional().describe("A line with a goal is a multi-turn test, and has no input"),
  instructions: name.optional().describe("Who the simulated user is, what it wants, how it begins"),
  restrictions: name.optional(),
  maxTurns: name.optional(),
});

export const formats = ["jsonl", "csv"] as const;
export type ImportFormat = (typeof formats)[number];
export type Columns = z.output<typeof columnsSchema>;
export type Field = keyof Columns;

/** A test as read from a file. `expected` is null where the file says nothing. */
export type ImportedTest = {
  expected: string | null;
  category?: string;
  tags?: string[];
} & (
  | { input: string; goal?: undefined }
  | { input?: undefined; goal: string; instructions: string; restrictions?: string; maxTurns?: number }
);
