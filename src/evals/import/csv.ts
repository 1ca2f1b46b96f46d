import { finished } from "node:stream/promises";
import { CsvError, type Parser, parse } from "csv-parse";
import type { Issue } from "../../sdk/index.ts";
import type { Columns } from "./columns.ts";
import type { ParsedLine } from "./jsonl.ts";
import { type Lookup, toTest } from "./to-test.ts";
import { BrokenFile, wholeLines } from "./whole-lines.ts";

type CsvRecord = { line: number; fields: string[] };

/**
 * Reads CSV with a heading row (RFC 4180: commas, quotes, line ends inside quotes). A record that cannot be used is an
 * issue at the line where it starts; behind a broken quote nothing has a certain meaning, so reading stops there.
 */
export async function* parseCsv(
  source: AsyncIterable<Buffer>,
  columns: Columns,
  maxLineBytes: number,
): AsyncGenerator<ParsedLine, void, undefined> {
  let heading: Heading | null = null;
  try {
    for await (const { line, fields } of records(source, maxLineBytes)) {
      if (fields.length === 1 && fields[0] === "") continue;
      if (heading === null) {
        heading = readHeading(fields, columns);
        for (const issue of heading.issues) yield { line, issue };
        if (heading.issues.length > 0) return;
      } else if (fields.length !== heading.width) {
        const message = `the record has ${fields.length} fields, the heading has ${heading.width}`;
        yield { line, issue: { path: "", message } };
      } else {
        yield { line, ...toTest(lookupIn(fields, heading), columns) };
      }
    }
    if (heading === null) yield { line: 1, issue: { path: "", message: "the file has no heading row" } };
  } catch (error) {
    if (!(error instanceof BrokenFile)) throw error;
    yield { line: error.line, issue: { path: "", message: `${error.message}; reading stopped here` } };
  }
}

type Heading = { width: number; at: Map<string, number>; issues: Issue[] };

function readHeading(names: string[], columns: Columns): Heading {
  const trimmed = names.map((name) => name.trim());
  const issues = Object.entries(columns).flatMap(([field, name]): Issue[] => {
    const count = trimmed.filter((other) => other === name).length;
    // A file of conversations has no inputs.
    if (count === 1 || (count === 0 && field === "input" && columns.goal !== undefined)) return [];
    const message =
      count === 0
        ? `there is no column ${JSON.stringify(name)}; the file has ${trimmed.slice(0, 20).join(", ").slice(0, 300)}`
        : `there are ${count} columns ${JSON.stringify(name)}`;
    return [{ path: `/${field}`, message }];
  });
  return { width: names.length, at: new Map(trimmed.map((name, index) => [name, index])), issues };
}

/** CSV cannot tell nothing from an empty text; an empty field counts as nothing. */
function lookupIn(fields: string[], heading: Heading): Lookup {
  return (name) => fields[heading.at.get(name) ?? -1] || null;
}

/**
 * Records with the line each starts on. Lines are counted here, from the records: the parser's own counter takes a
 * CRLF inside quotes for two lines, and stands at the end of a record.
 */
async function* records(
  source: AsyncIterable<Buffer>,
  maxLineBytes: number,
): AsyncGenerator<CsvRecord, void, undefined> {
  let ready: CsvRecord[] = [];
  let line = 1;
  const parser = parse({
    record_delimiter: ["\r\n", "\n", "\r"],
    relax_column_count: true,
    max_record_size: maxLineBytes,
    // Records are taken from here and not from the stream, which drops what it still holds when a later one is broken.
    on_record: (fields: string[]) => {
      ready.push({ line, fields });
      line += 1 + fields.reduce((sum, field) => sum + lineEnds(field), 0);
      return null;
    },
  });
  const done = finished(parser.resume());
  done.catch(() => {});
  const takeReady = () => ready.splice(0, ready.length);
  try {
    for await (const piece of wholeLines(source, maxLineBytes)) {
      const error = await write(parser, piece);
      yield* takeReady();
      if (error !== null) throw error;
    }
    parser.end();
    const error = await done.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    yield* takeReady();
    if (error !== null) throw error;
  } catch (error) {
    throw error instanceof CsvError ? new BrokenFile(line, explain(error)) : error;
  } finally {
    ready = [];
    parser.destroy();
  }
}

function write(parser: Parser, piece: Buffer): Promise<Error | null> {
  return new Promise((resolve) => parser.write(piece, (error) => resolve(error ?? null)));
}

function lineEnds(field: string): number {
  return field.includes("\n") || field.includes("\r") ? (field.match(/\r\n|\n|\r/g)?.length ?? 0) : 0;
}

function explain(error: CsvError): string {
  switch (String(error.code)) {
    case "CSV_QUOTE_NOT_CLOSED":
      return "a quote opened in this record is never closed";
    case "CSV_INVALID_CLOSING_QUOTE":
      return "a quote inside a quoted field is not doubled";
    case "INVALID_OPENING_QUOTE":
      return "a quote stands inside a field that does not start with one";
    case "CSV_MAX_RECORD_SIZE":
      return "the record is longer than allowed";
    default:
      return error.message;
  }
}
