import { EventEmitter } from "node:events";
import type pg from "pg";
import { sqlstateOf } from "../../sdk/index.ts";

/** The text being run and how many of its statements have ended. */
export type Seen = { text: string; completed: number };

/**
 * Counts the statements of a file that ended, because for many errors Postgres gives no position: then the
 * one that failed is the next.
 */
export function watchStatements(client: pg.ClientBase): {
  restart(text: string): void;
  seen(): Seen;
  stop(): void;
} {
  let seen: Seen = { text: "", completed: 0 };
  const connection: unknown = Reflect.get(client, "connection");
  const count = () => {
    seen.completed += 1;
  };
  if (connection instanceof EventEmitter) connection.on("commandComplete", count);
  return {
    restart(text) {
      // BEGIN, SET ROLE and SET search_path run before the file's first.
      seen = { text, completed: -3 };
    },
    seen: () => ({ ...seen }),
    stop() {
      if (connection instanceof EventEmitter) connection.off("commandComplete", count);
    },
  };
}

/** `sql/0002_notes.sql, line 14: column "x" does not exist (42703). hint` */
export function describeSqlError(error: unknown, file: string, { text, completed }: Seen): string {
  const position = Number(field(error, "position"));
  const line = position > 0 ? lineAt(text, position - 1) : lineAt(text, statementStart(text, completed));
  const message = error instanceof Error ? error.message : String(error);
  const code = sqlstateOf(error);
  const extra = [field(error, "detail"), field(error, "hint"), field(error, "where")?.split("\n")[0]];
  const parts = [`${file}, line ${line}: ${message}${code === undefined ? "" : ` (${code})`}`, ...extra];
  return parts
    .filter((part) => part !== undefined)
    .map((part) => part.replaceAll(/\s*\n\s*/g, " ").replace(/\.?$/, "."))
    .join(" ");
}

/** Offset at which statement number `index` (from 0) begins. Good enough to point at a line. */
function statementStart(text: string, index: number): number {
  const tokens =
    /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$\w*\$)[\s\S]*?\1|;|[^\s;'"$/-]+|\S/g;
  let start: number | undefined;
  let statement = 0;
  for (const match of text.matchAll(tokens)) {
    if (match[0].startsWith("--") || match[0].startsWith("/*")) continue;
    if (match[0] === ";") {
      if (start !== undefined) statement += 1;
      start = undefined;
    } else if (start === undefined) {
      start = match.index;
      if (statement === index) return start;
    }
  }
  return start ?? text.length;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, Math.max(0, offset)).split("\n").length;
}

function field(error: unknown, name: "position" | "detail" | "hint" | "where"): string | undefined {
  const value: unknown = typeof error === "object" && error !== null ? Reflect.get(error, name) : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
}
