import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { stringify } from "csv-stringify/sync";
import type { Response } from "express";
import { z } from "zod";

export const exportQuery = z.strictObject({
  format: z.enum(["jsonl", "csv"]).default("jsonl"),
  spreadsheet: z
    .stringbool()
    .default(false)
    .describe(
      "CSV to be opened in a spreadsheet: a cell that it would take for a formula gets a ' in front, and an import would keep that",
    ),
});
export type ExportFormat = z.output<typeof exportQuery>["format"];

/** Rows of a page and where the next one begins; null after the last. */
export type Page = { rows: Record<string, unknown>[]; next: number | null };

const types: Record<ExportFormat, string> = { jsonl: "application/x-ndjson", csv: "text/csv; charset=utf-8" };

/**
 * Answers with a file, a page at a time: each is read when the reader has taken the one before, in a transaction of its
 * own, so that neither memory nor a slow reader bounds its length. When a page cannot be read the connection is cut, and
 * nobody takes the part for the whole.
 */
export async function sendFile(
  response: Response,
  { format, spreadsheet }: z.output<typeof exportQuery>,
  name: string,
  columns: readonly string[],
  read: (after: number) => Promise<Page>,
): Promise<undefined> {
  const first = await read(-1);
  response.status(200).set("content-type", types[format]).attachment(`${name}.${format}`);
  response.set("content-type", types[format]);
  const write = (rows: Page["rows"], header: boolean) =>
    format === "csv"
      ? stringify(rows, {
          columns: [...columns],
          header,
          record_delimiter: "\r\n",
          // Whatever stands in a text, line ends of any kind among it.
          quoted_string: true,
          escape_formulas: spreadsheet,
        })
      : rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  await pipeline(Readable.from(texts(first, read, write)), response);
  return undefined;
}

async function* texts(
  first: Page,
  read: (after: number) => Promise<Page>,
  write: (rows: Page["rows"], header: boolean) => string,
): AsyncGenerator<string> {
  yield write(first.rows, true);
  for (let { next } = first; next !== null; ) {
    const page = await read(next);
    yield write(page.rows, false);
    next = page.next;
  }
}
