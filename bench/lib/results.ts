import type { Column, Figures, Scenario } from "../scenarios/index.ts";
import { median } from "./stats.ts";

/** One row of a table: a peer or a limit, with what each round gave. */
export type Row = { name: string; rounds: Figures[] };

export type Result = {
  scenario: Scenario;
  columns: readonly Column[];
  rows: Row[];
  /** Who is not in the table, and why. */
  absent: { name: string; reason: string }[];
};

/** A table in Markdown: medians of the rounds, and in brackets the factor to Rowlock's of the same run. */
export function renderTable({ columns, rows }: Result): string {
  const own = rows.find(({ name }) => name === "Rowlock");
  const shown = columns.filter(({ key }) => rows.some((row) => figureOf(row, key) !== undefined));
  const lines = [
    ["", ...shown.map(({ title }) => title)],
    ["---", ...shown.map(() => "---:")],
    ...rows.map((row) => [row.name, ...shown.map((column) => renderCell(column, row, own))]),
  ];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function renderCell(column: Column, row: Row, own: Row | undefined): string {
  const value = figureOf(row, column.key);
  if (value === undefined) return "–";
  if (value === Number.POSITIVE_INFINITY) return "∞";
  const text = column.format(value);
  const base = own === undefined ? undefined : figureOf(own, column.key);
  if (column.ratio === undefined || row === own || base === undefined || !Number.isFinite(base)) return text;
  return `${text} (${(value / base).toPrecision(2)}×)`;
}

/** The median of a row's rounds; undefined when it has no such figure. */
export function figureOf(row: Row, key: string): number | undefined {
  const values = row.rounds.flatMap((figures) => figures[key] ?? []);
  return values.length === 0 ? undefined : median(values);
}
