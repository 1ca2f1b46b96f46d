import { isUtf8 } from "node:buffer";
import type { Issue } from "../../sdk/index.ts";
import type { Columns, ImportedTest } from "./columns.ts";
import { type Lookup, toTest } from "./to-test.ts";

export type ParsedLine = { line: number; test: ImportedTest } | { line: number; issue: Issue };

const newline = 0x0a;

/** Reads JSON objects, one a line. A line that cannot be used is an issue; reading goes on with the next. */
export async function* parseJsonl(
  source: AsyncIterable<Buffer>,
  columns: Columns,
  maxLineBytes: number,
): AsyncGenerator<ParsedLine, void, undefined> {
  for await (const { line, bytes } of splitLines(source, maxLineBytes)) {
    const parsed = bytes === null ? tooLong(maxLineBytes) : parseLine(bytes, line, columns);
    if (parsed !== null) yield { line, ...parsed };
  }
}

/** Lines without their end; `bytes` is null for one over the bound, whose content is not kept. */
async function* splitLines(
  source: AsyncIterable<Buffer>,
  maxLineBytes: number,
): AsyncGenerator<{ line: number; bytes: Buffer | null }, void, undefined> {
  let line = 1;
  let parts: Buffer[] = [];
  let size = 0;
  const add = (part: Buffer) => {
    size += part.length;
    if (size > maxLineBytes) parts = [];
    else if (part.length > 0) parts.push(part);
  };
  const take = () => {
    const bytes = size > maxLineBytes ? null : Buffer.concat(parts);
    parts = [];
    size = 0;
    return { line, bytes };
  };
  for await (const chunk of source) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      add(chunk.subarray(start, end));
      yield take();
      line += 1;
      start = end + 1;
    }
    add(chunk.subarray(start));
  }
  if (size > 0) yield take();
}

function parseLine(
  bytes: Buffer,
  line: number,
  columns: Columns,
): { test: ImportedTest } | { issue: Issue } | null {
  if (!isUtf8(bytes)) return problem("the line is not UTF-8");
  const text = line === 1 ? bytes.toString().replace(/^\uFEFF/, "") : bytes.toString();
  if (text.trim() === "") return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return problem(`the line is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return problem("the line is JSON but no object");
  }
  return toTest(lookupIn(value), columns);
}

/** Own properties only: `constructor` is no field of anybody's file. */
function lookupIn(record: object): Lookup {
  return (name) => {
    const direct = own(record, name);
    if (direct !== undefined || !name.includes(".")) return direct;
    return name.split(".").reduce<unknown>((value, step) => own(value, step), record);
  };
}

function own(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}

function tooLong(maxLineBytes: number): { issue: Issue } {
  return problem(`the line is longer than ${maxLineBytes} bytes`);
}

function problem(message: string): { issue: Issue } {
  return { issue: { path: "", message } };
}
