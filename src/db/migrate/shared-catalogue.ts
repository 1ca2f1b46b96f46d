import { setTimeout as sleep } from "node:timers/promises";
import { RowlockError, sqlstateOf } from "../../sdk/index.ts";

/** Runs a statement on the shared catalogue again when another session changed the same row. */
export async function retryShared(statement: () => Promise<unknown>, what: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await statement();
      return;
    } catch (error) {
      const code = sqlstateOf(error);
      // Another one was faster: duplicate_object, or the unique index below it.
      if (code === "42710") return;
      const raced = code === "23505" || (code === "XX000" && /tuple concurrently/.test(String(error)));
      if (raced && attempt < 20) {
        await sleep(10 + Math.random() * 40);
        continue;
      }
      if (code !== "42501") throw error;
      const message = error instanceof Error ? error.message : String(error);
      throw new RowlockError(
        "DATABASE_UNAVAILABLE",
        `The admin login cannot ${what}: ${message}. Give DATABASE_URL a superuser, or a login with CREATEROLE that ` +
          "owns the database and made these roles.",
        { cause: error },
      );
    }
  }
}
