import { join } from "node:path";
import { RowlockError, type Settings } from "../sdk/index.ts";
import { type Embedded, startEmbedded } from "./embedded/index.ts";
import { type Logins, resolveLogins } from "./logins.ts";

/** Where the database is. `logins.admin` is missing when only single logins are set, as in production. */
export type Located = { logins: Partial<Logins>; embedded: Embedded | undefined };

const settingOf = {
  admin: "DATABASE_URL",
  api: "API_DATABASE_URL",
  task: "TASK_DATABASE_URL",
  broker: "BROKER_DATABASE_URL",
  ops: "OPS_DATABASE_URL",
} as const satisfies Record<keyof Logins, keyof Settings>;

/**
 * Finds the database for these logins: by DATABASE_URL, by a setting for each, or, when nothing is set, the embedded
 * one, which is started unless it runs.
 * @throws RowlockError INVALID_SETTING when some logins are set and one of those needed is not
 */
export async function locateDatabase<Name extends keyof Logins>(
  settings: Settings,
  needed: readonly Name[],
): Promise<Located & { logins: Record<Name, string> }> {
  if (settings.DATABASE_URL !== undefined) {
    return { logins: resolveLogins(settings, settings.DATABASE_URL), embedded: undefined };
  }
  const set = Object.entries(settingOf).flatMap(([name, setting]) => {
    const url = settings[setting];
    return url === undefined ? [] : [[name, url] as const];
  });
  if (set.length === 0) {
    const embedded = await startEmbedded({ dataDir: join(settings.ROWLOCK_DATA_DIR, "postgres") });
    return { logins: resolveLogins(settings, embedded.url), embedded };
  }
  const logins = Object.fromEntries(set) as Record<Name, string>;
  const missing = needed.filter((name) => logins[name] === undefined).map((name) => settingOf[name]);
  if (missing.length > 0) {
    throw new RowlockError(
      "INVALID_SETTING",
      `${missing.join(" and ")} must be set, or DATABASE_URL. See .env.example.`,
    );
  }
  return { logins, embedded: undefined };
}
