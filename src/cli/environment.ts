import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createLogger, type Logger } from "../log.ts";
import { readSettings, type Settings } from "../sdk/index.ts";

export type Environment = { settings: Settings; logger: Logger };

/** Settings and logger of a command. In development a missing JWT secret is made and kept in the data folder. */
export async function readEnvironment(
  overrides: Record<string, string | undefined> = {},
): Promise<Environment> {
  const read = readSettings({ ...process.env, ...overrides });
  const settings = await withDevelopmentSecret(read);
  const format = settings.LOG_FORMAT ?? (settings.NODE_ENV === "production" ? "json" : "text");
  return { settings, logger: createLogger({ level: settings.LOG_LEVEL, format }) };
}

async function withDevelopmentSecret(settings: Settings): Promise<Settings> {
  if (
    settings.NODE_ENV === "production" ||
    settings.JWT_SECRET !== undefined ||
    settings.JWT_JWKS_URL !== undefined
  ) {
    return settings;
  }
  const file = join(settings.ROWLOCK_DATA_DIR, "jwt-secret");
  await mkdir(settings.ROWLOCK_DATA_DIR, { recursive: true });
  // "wx": of two processes that start together one writes, both read what is there.
  await writeFile(file, randomBytes(32).toString("base64url"), { flag: "wx", mode: 0o600 }).catch(
    () => undefined,
  );
  return { ...settings, JWT_SECRET: (await readFile(file, "utf8")).trim() };
}
