export const importFields = [
  "input",
  "expected",
  "category",
  "tags",
  "goal",
  "instructions",
  "restrictions",
  "maxTurns",
] as const;

export type ImportFormat = "jsonl" | "csv";

const headBytes = 64 * 1_024;

/** What a file seems to be by its name and first line: its format, and the names of its fields. */
export async function readHead(file: File): Promise<{ format: ImportFormat; names: string[] }> {
  const line = (await file.slice(0, headBytes).text()).split(/\r?\n/, 1)[0] ?? "";
  if (/\.csv$/i.test(file.name) || file.type === "text/csv") {
    return { format: "csv", names: line.split(",").map((name) => name.trim().replace(/^"|"$/g, "")) };
  }
  try {
    return { format: "jsonl", names: Object.keys(Object(JSON.parse(line))) };
  } catch {
    // A first line that is no JSON is told by the import itself, with its number.
    return { format: "jsonl", names: [] };
  }
}
