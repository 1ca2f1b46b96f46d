import { figureOf, type Result } from "./results.ts";

export type RawResults = {
  quick: boolean;
  /** When the run began. */
  date: Date;
  loadBefore: number;
  results: readonly Result[];
};

/** The results as JSON: of each scenario and row the medians and every round. null: not reached within the time given. */
export function renderJson({ quick, date, loadBefore, results }: RawResults): string {
  const scenarios = results.map(({ scenario, columns, rows, absent }) => ({
    scenario: scenario.id,
    rows: rows.map((row) => ({
      name: row.name,
      medians: Object.fromEntries(columns.map(({ key }) => [key, figureOf(row, key)])),
      rounds: row.rounds,
    })),
    absent,
  }));
  // Infinity becomes null; what is undefined is left out.
  return `${JSON.stringify({ quick, date, loadBefore, scenarios }, undefined, 2)}\n`;
}
