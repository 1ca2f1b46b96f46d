import type { Columns, ImportFormat } from "./columns.ts";
import { parseCsv } from "./csv.ts";
import { type ParsedLine, parseJsonl } from "./jsonl.ts";

export { type Columns, columnsSchema, formats, type ImportedTest, type ImportFormat } from "./columns.ts";
export type { ParsedLine } from "./jsonl.ts";

/**
 * Reads tests from a file as it comes in: memory holds a chunk and a line, never the file. Lines that cannot be used
 * come out as issues with their numbers (from 1); what to do about them is the caller's.
 * @param maxLineBytes longest line (JSONL) or record (CSV). Default 1 MB
 * @throws what the source throws
 */
export function parseTests(
  source: AsyncIterable<Uint8Array | string>,
  options: { format: ImportFormat; columns: Columns; maxLineBytes?: number },
): AsyncGenerator<ParsedLine, void, undefined> {
  const parser = options.format === "csv" ? parseCsv : parseJsonl;
  return parser(asBuffers(source), options.columns, options.maxLineBytes ?? 1_000_000);
}

async function* asBuffers(
  source: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of source) {
    if (typeof chunk === "string") yield Buffer.from(chunk);
    else yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
}

export { type Spooled, spool } from "./spool.ts";
