import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";

/** A file written from something else, kept in the repository so that reviews see it change. */
export type Generated = { path: string; text: string };

/** Writes the file below `root`. */
export function writeGenerated(root: string, { path, text }: Generated): void {
  writeFileSync(join(root, path), text);
}

/** What has changed since the file was written, as a unified diff; undefined when nothing has. */
export function diffGenerated(root: string, { path, text }: Generated): string | undefined {
  const file = join(root, path);
  const kept = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (kept === text) return undefined;
  return createTwoFilesPatch(path, path, kept, text, "in the repository", "as it is now", {
    context: 3,
    headerOptions: FILE_HEADERS_ONLY,
  });
}
