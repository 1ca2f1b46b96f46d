import type pg from "pg";
import { type Logins, loginRoles } from "../logins.ts";
import { passwordFor } from "./passwords.ts";
import { escapeIdentifier, escapeLiteral, majorVersion } from "./session.ts";
import { retryShared } from "./shared-catalogue.ts";

type Role = { name: string; login: boolean; memberOf: readonly string[] };

/**
 * Every role of Rowlock. Logins do not inherit: they have a right only after SET ROLE, so that forgetting it
 * fails closed. None is a superuser or may bypass row-level security.
 */
const roles: readonly Role[] = [
  { name: "rowlock_owner", login: false, memberOf: [] },
  { name: "rowlock_tenant", login: false, memberOf: [] },
  { name: "rowlock_anonymous", login: false, memberOf: [] },
  { name: "rowlock_operator", login: false, memberOf: [] },
  { name: loginRoles.broker, login: true, memberOf: [] },
  { name: loginRoles.api, login: true, memberOf: ["rowlock_tenant", "rowlock_anonymous"] },
  { name: loginRoles.task, login: true, memberOf: ["rowlock_tenant"] },
  { name: loginRoles.ops, login: true, memberOf: ["rowlock_operator"] },
];

/**
 * Creates what is missing of the roles and their memberships. Roles belong to the whole server, so another
 * database's migration may do the same at this moment.
 * @returns names of the logins that were there before
 */
export async function ensureRoles(client: pg.ClientBase, logins: Logins): Promise<string[]> {
  const existing = await existingRoles(client);
  for (const role of roles) {
    if (!existing.includes(role.name)) await createRole(client, role, passwordFor(role.name, logins));
  }
  const major = await majorVersion(client);
  for (const role of roles) {
    for (const group of role.memberOf) await ensureMember(client, role.name, group, major);
  }
  await ensureAdminMaySet(client, "rowlock_owner", major);
  await ensureAdminMaySet(client, loginRoles.broker, major);
  await ensureSeesTransactions(client, major);
  return roles.filter((role) => role.login && existing.includes(role.name)).map((role) => role.name);
}

async function existingRoles(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ rolname: string }>(
    "select rolname from pg_roles where rolname = any($1)",
    [roles.map((role) => role.name)],
  );
  return rows.map((row) => row.rolname);
}

async function createRole(client: pg.ClientBase, role: Role, password: string): Promise<void> {
  const inherit = role.login && role.memberOf.length > 0 ? "noinherit" : "inherit";
  const login = role.login ? "login" : "nologin";
  const secret = password === "" ? "" : ` password ${escapeLiteral(password)}`;
  await retryShared(
    () => client.query(`create role ${escapeIdentifier(role.name)} ${login} ${inherit}${secret}`),
    "create its roles",
  );
}

async function ensureMember(
  client: pg.ClientBase,
  role: string,
  group: string,
  major: number,
): Promise<void> {
  if (await hasGrant(client, role, group, major)) return;
  // Before 16 the member's own NOINHERIT decides; since 16 the grant carries it.
  const options = major >= 16 ? " with inherit false, set true" : "";
  await retryShared(
    () => client.query(`grant ${escapeIdentifier(group)} to ${escapeIdentifier(role)}${options}`),
    `make ${role} a member of ${group}`,
  );
}

/** An admin that is no superuser must be allowed to SET ROLE to those who own our objects. */
async function ensureAdminMaySet(client: pg.ClientBase, role: string, major: number): Promise<void> {
  const check = major >= 16 ? "pg_has_role($1, 'SET')" : "pg_has_role($1, 'MEMBER')";
  const { rows } = await client.query<{ may: boolean }>(`select ${check} as may`, [role]);
  if (rows[0]?.may === true) return;
  const options = major >= 16 ? " with set true" : "";
  await retryShared(
    () => client.query(`grant ${escapeIdentifier(role)} to current_user${options}`),
    `act as ${role}`,
  );
}

/**
 * Lets our functions see since when others' transactions are open. An admin that may not give this right is not
 * refused: workers then go by what they have seen themselves.
 */
async function ensureSeesTransactions(client: pg.ClientBase, major: number): Promise<void> {
  const { rows } = await client.query<{ may: boolean }>(
    `select not pg_has_role('rowlock_owner', 'pg_read_all_stats', 'usage')
        and (pg_has_role('pg_read_all_stats', 'member with admin option')
             or (select rolsuper or (rolcreaterole and $1) from pg_roles where rolname = current_user)) as may`,
    [major < 16],
  );
  if (rows[0]?.may !== true) return;
  await retryShared(
    () => client.query("grant pg_read_all_stats to rowlock_owner"),
    "let rowlock_owner see others' transactions",
  );
}

async function hasGrant(client: pg.ClientBase, role: string, group: string, major: number): Promise<boolean> {
  const { rows } = await client.query(
    `select from pg_auth_members where member = to_regrole($1) and roleid = to_regrole($2)
       ${major >= 16 ? "and set_option" : ""}`,
    [role, group],
  );
  return rows.length > 0;
}
