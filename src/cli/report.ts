import { RowlockError, sqlstateOf } from "../sdk/index.ts";

/** One readable line for what a person can mend; the stack only for a fault of ours. Ends the process with 1. */
export function reportAndExit(error: unknown): never {
  const known = error instanceof RowlockError && error.code !== "INTERNAL";
  if (known) {
    console.error(`${error.code}: ${error.message}`);
  } else if (sqlstateOf(error) !== undefined && error instanceof Error) {
    console.error(`The database said: ${error.message} (${sqlstateOf(error)})`);
  } else {
    console.error(error);
  }
  process.exit(1);
}
