import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Issue, RowlockError } from "../../sdk/index.ts";
import type { ImportedTest } from "./columns.ts";
import type { ParsedLine } from "./jsonl.ts";

/** Bad lines that are listed; more than that is a wrong file rather than a few slips. */
const mostIssues = 100;

export type Spooled = AsyncDisposable & { count: number; tests(): AsyncIterable<ImportedTest> };

/**
 * Reads a whole upload into a temporary file and checks every line, before a database transaction is opened: a slow
 * sender holds no connection, and a bad line anywhere means that nothing is stored.
 * @throws RowlockError IMPORT_INVALID with the number of each bad line, or when there is no test at all
 */
export async function spool(lines: AsyncIterable<ParsedLine>): Promise<Spooled> {
  const folder = await mkdtemp(join(tmpdir(), "rowlock-import-"));
  const file = join(folder, "tests.jsonl");
  const dispose = () => rm(folder, { recursive: true, force: true });
  const issues: Issue[] = [];
  let count = 0;

  async function* checked(): AsyncGenerator<string> {
    for await (const line of lines) {
      if ("issue" in line) {
        issues.push({ path: `/${line.line}`, message: `line ${line.line}: ${line.issue.message}` });
        if (issues.length >= mostIssues) return;
      } else {
        count += 1;
        if (issues.length === 0) yield `${JSON.stringify(line.test)}\n`;
      }
    }
  }

  try {
    await pipeline(Readable.from(checked()), createWriteStream(file));
    refuse(issues, count);
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    count,
    async *tests() {
      for await (const line of createInterface({
        input: createReadStream(file),
        crlfDelay: Number.POSITIVE_INFINITY,
      })) {
        // Written above from what had been parsed.
        yield JSON.parse(line) as ImportedTest;
      }
    },
    [Symbol.asyncDispose]: dispose,
  };
}

function refuse(issues: readonly Issue[], count: number): void {
  const [first] = issues;
  if (first !== undefined) {
    const more = issues.length >= mostIssues ? "at least " : "";
    throw new RowlockError(
      "IMPORT_INVALID",
      `${more}${issues.length} lines cannot be used, the first being ${first.message}. Nothing was imported; correct them and send the file again.`,
      { issues },
    );
  }
  if (count === 0) {
    throw new RowlockError("IMPORT_INVALID", "The file has no tests. Nothing was imported.");
  }
}
