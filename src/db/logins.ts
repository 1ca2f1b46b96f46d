import { createHmac } from "node:crypto";
import { RowlockError, type Settings } from "../sdk/index.ts";

/** Database URLs, one a login. `admin` migrates and is used for nothing else. */
export type Logins = { admin: string; api: string; task: string; broker: string; ops: string };

/** The role of each login that `migrate` makes. */
export const loginRoles = {
  api: "rowlock_api",
  task: "rowlock_task",
  broker: "rowlock_broker",
  ops: "rowlock_ops",
} as const;

type LoginSettings = Pick<
  Settings,
  "API_DATABASE_URL" | "TASK_DATABASE_URL" | "BROKER_DATABASE_URL" | "OPS_DATABASE_URL"
>;

/**
 * The URL of every login: as set, else derived from the admin's. A derived password is an HMAC of the role's
 * name under the admin's password, so that whoever has the admin's URL, and nobody else, can work it out.
 */
export function resolveLogins(settings: LoginSettings, adminUrl: string): Logins {
  return {
    admin: adminUrl,
    api: settings.API_DATABASE_URL ?? deriveLogin(adminUrl, loginRoles.api),
    task: settings.TASK_DATABASE_URL ?? deriveLogin(adminUrl, loginRoles.task),
    broker: settings.BROKER_DATABASE_URL ?? deriveLogin(adminUrl, loginRoles.broker),
    ops: settings.OPS_DATABASE_URL ?? deriveLogin(adminUrl, loginRoles.ops),
  };
}

/** The same URL with another database. */
export function withDatabase(url: string, database: string): string {
  const changed = parse(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

/** User and password of a database URL, wherever it carries them. */
export function credentialsOf(url: string): { user: string; password: string } {
  const parsed = parse(url);
  return {
    user: parsed.searchParams.get("user") ?? decodeURIComponent(parsed.username),
    password: parsed.searchParams.get("password") ?? decodeURIComponent(parsed.password),
  };
}

function deriveLogin(adminUrl: string, role: string): string {
  const { password } = credentialsOf(adminUrl);
  const url = parse(adminUrl);
  for (const name of ["user", "password"]) if (url.searchParams.has(name)) url.searchParams.delete(name);
  url.username = role;
  url.password = password === "" ? "" : createHmac("sha256", password).update(role).digest("base64url");
  return url.href;
}

function parse(url: string): URL {
  try {
    // `postgres://user@/db?host=/run` has no host, which the URL standard cannot express.
    return new URL(url.replace(/^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)(?=[/?])/, "$1localhost"));
  } catch {
    // Without its cause, which carries the URL and so the password.
    throw new RowlockError(
      "INVALID_SETTING",
      "A database URL cannot be read. Write postgres://user:password@host:5432/database.",
    );
  }
}
