import { RowlockError, sqlstateOf } from "../sdk/index.ts";

/** One readable line for what a person can mend; the stack only for a fault of ours. Ends the process with 1. */
export function reportAndExit(thrown: unknown): never {
  const error = firstOf(thrown);
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

/** What went wrong first: what fails while things are stopped because of it comes after. */
function firstOf(error: unknown): unknown {
  return error instanceof SuppressedError ? firstOf(error.suppressed) : error;
}
