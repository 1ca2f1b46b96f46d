import type { TestDatabase } from "../helpers/database.ts";
import { type Arena, lookAround, prepareArena } from "./arena.ts";
import { EnoughFound, type Finding, startReport } from "./report.ts";
import { attackFunctions } from "./sql/functions.ts";
import { sqlCases, tableCases } from "./sql/index.ts";
import { attackInTasks } from "./tasks/index.ts";

export type AttackOptions = {
  /** End with the first finding. */
  stopAtFirst?: boolean;
  /** A table to look at before all others: what is wrong with it is found sooner. */
  lookFirstAt?: string;
  /** The catalogue has changed since the last attack on this database. */
  readAgain?: boolean;
};

const arenas = new WeakMap<TestDatabase, Promise<Arena>>();

/** The two organizations of a database, made at the first call. */
export function arenaOf(database: TestDatabase): Promise<Arena> {
  const made = arenas.get(database) ?? prepareArena(database);
  arenas.set(database, made);
  return made;
}

/**
 * Attacks a migrated database by SQL and from within tasks, everything that its catalogue has.
 * @returns breaches, and controls that failed; none when tenants are isolated and what must work does
 */
export async function attack(database: TestDatabase, options: AttackOptions = {}): Promise<Finding[]> {
  const known = await arenaOf(database);
  const arena = options.readAgain === true ? await lookAround(database, known) : known;
  const report = startReport(options);
  try {
    for (const { about, what } of arena.unprepared) report.add("S", about, what);
    const [first] = arena.targets.filter(({ name }) => name === options.lookFirstAt);
    if (first !== undefined) {
      for (const run of tableCases) await run({ ...arena, targets: [first] }, report);
    }
    // A table that tenants never meet is noticed by the functions that read and write it.
    else if (options.lookFirstAt !== undefined) await attackFunctions(arena, report);
    for (const run of Object.values(sqlCases)) await run(arena, report);
    await attackInTasks(arena, report);
  } catch (error) {
    if (!(error instanceof EnoughFound)) throw error;
  }
  return [...report.findings];
}
