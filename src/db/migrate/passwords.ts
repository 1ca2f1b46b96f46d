import pg from "pg";
import type { Logger } from "../../log.ts";
import { sqlstateOf } from "../../sdk/index.ts";
import { credentialsOf, type Logins, loginRoles } from "../logins.ts";
import { escapeIdentifier, escapeLiteral } from "./session.ts";
import { retryShared } from "./shared-catalogue.ts";

/** The password a login's URL carries, or "" when it has none or names a user of somebody else's making. */
export function passwordFor(role: string, logins: Logins): string {
  const url = urlOf(role, logins);
  if (url === undefined) return "";
  const { user, password } = credentialsOf(url);
  return user === role ? password : "";
}

/**
 * Sets the password of logins that were there before, when theirs is refused. One that works is left alone:
 * other processes use it, and it may be managed elsewhere.
 */
export async function repairPasswords(
  client: pg.ClientBase,
  existing: readonly string[],
  logins: Logins,
  logger: Logger,
): Promise<void> {
  for (const role of existing) {
    const url = urlOf(role, logins);
    const password = passwordFor(role, logins);
    if (url === undefined || password === "" || !(await isRefused(url))) continue;
    await retryShared(
      () => client.query(`alter role ${escapeIdentifier(role)} password ${escapeLiteral(password)}`),
      `set the password of ${role}`,
    );
    logger.info(`Set the password of ${role} to the one its URL carries`);
  }
}

async function isRefused(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return false;
  } catch (error) {
    return sqlstateOf(error) === "28P01";
  } finally {
    await client.end().catch(() => undefined);
  }
}

function urlOf(role: string, logins: Logins): string | undefined {
  switch (role) {
    case loginRoles.api:
      return logins.api;
    case loginRoles.task:
      return logins.task;
    case loginRoles.broker:
      return logins.broker;
    case loginRoles.ops:
      return logins.ops;
    default:
      return undefined;
  }
}
