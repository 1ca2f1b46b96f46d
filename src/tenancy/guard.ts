import type { Pool } from "pg";
import { RowlockError } from "../sdk/index.ts";

/**
 * Refuses a login that row-level security would not bind: a superuser, one with BYPASSRLS, an owner of tables it
 * reads, or a member of such a role.
 * @param setting the setting the login came from, for the message
 * @throws RowlockError UNSAFE_LOGIN, one line
 */
export async function refuseUnsafeLogin(pool: Pool, setting: string): Promise<void> {
  const { rows } = await pool.query<{ login: string; role: string; reason: string }>(`
    select session_user as login, r.rolname as role,
           case when r.rolsuper then 'a superuser' when r.rolbypassrls then 'free of row-level security (BYPASSRLS)'
                else 'the owner of tables of tenants' end as reason
    from pg_roles r
    where pg_has_role(session_user, r.oid, 'member')
      and (r.rolsuper or r.rolbypassrls or exists (
        select from pg_class c where c.relowner = r.oid and c.relkind in ('r', 'p', 'v')
          and c.relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema', 'graphile_worker')))
    order by (r.rolname = session_user) desc, r.rolname limit 1`);
  const [unsafe] = rows;
  if (unsafe === undefined) return;
  const who =
    unsafe.role === unsafe.login ? `is ${unsafe.reason}` : `may become ${unsafe.role}, ${unsafe.reason}`;
  throw new RowlockError(
    "UNSAFE_LOGIN",
    `${setting}: the login ${unsafe.login} ${who}, so row-level security would not hold. Use the logins that \`rowlock migrate\` makes (rowlock_api, rowlock_task).`,
  );
}
