import { type Logins, resolveLogins, withDatabase } from "../../db/index.ts";
import { readSettings } from "../../sdk/index.ts";

/** The logins for a database of the server. Where a login has a URL of its own, user and password are taken from it. */
export function loginsOf(adminUrl: string, database: string): Logins {
  const url = withDatabase(adminUrl, database);
  const own = readSettings();
  // The server is an embedded one then, of which the others know nothing.
  if (own.DATABASE_URL === undefined) return resolveLogins({}, url);
  const there = (login: string | undefined) => login && withDatabase(login, database);
  return resolveLogins(
    {
      API_DATABASE_URL: there(own.API_DATABASE_URL),
      TASK_DATABASE_URL: there(own.TASK_DATABASE_URL),
      BROKER_DATABASE_URL: there(own.BROKER_DATABASE_URL),
      OPS_DATABASE_URL: there(own.OPS_DATABASE_URL),
    },
    url,
  );
}
