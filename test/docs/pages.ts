import { readFileSync } from "node:fs";
import { join, relative } from "node:path";

export const repository = join(import.meta.dirname, "../..");

/** A fenced block of a page: ```` ```ts file=tasks/greet.ts ```` has the language `ts` and one mark. */
export type Block = {
  page: string;
  /** Of the fence, counted from 1. */
  line: number;
  language: string;
  /** The words after the language: `name=value`, or a word alone, whose value is "". */
  marks: ReadonlyMap<string, string>;
  text: string;
};

/** The fenced blocks of a Markdown file, in order. @throws when one is not closed */
export function readBlocks(path: string): Block[] {
  const page = relative(repository, path);
  const blocks: Block[] = [];
  let open: (Omit<Block, "text"> & { fence: string; lines: string[] }) | undefined;
  for (const [index, line] of readFileSync(path, "utf8").split("\n").entries()) {
    const [, fence = "", info = ""] = /^(`{3,})(.*)$/.exec(line) ?? [];
    if (open === undefined && fence !== "") {
      const [language = "", ...words] = info.trim().split(/\s+/);
      const marks = new Map(words.map((word) => [word.split("=")[0] ?? "", word.split("=")[1] ?? ""]));
      open = { page, line: index + 1, language, marks, fence, lines: [] };
    } else if (open !== undefined && line === open.fence) {
      const { fence: _, lines, ...block } = open;
      blocks.push({ ...block, text: `${lines.join("\n")}\n` });
      open = undefined;
    } else {
      open?.lines.push(line);
    }
  }
  if (open !== undefined) throw new Error(`${page}:${open.line}: the block is not closed`);
  return blocks;
}

/** Where a block stands, for messages. */
export function placeOf({ page, line }: Block): string {
  return `${page}:${line}`;
}
