import type pg from "pg";
import type { Logger } from "../../log.ts";
import { loginRoles } from "../logins.ts";
import { type Chain, schemaOf } from "./chains.ts";
import { escapeIdentifier } from "./session.ts";

/** Holds the tables that say which migrations ran. */
export const migrationsSchema = "rowlock_migrations";

/** Creates the schemas, owned by rowlock_owner, and closes what Postgres leaves open to everybody. */
export async function ensureSchemas(
  client: pg.ClientBase,
  chains: readonly Chain[],
  logger: Logger,
): Promise<void> {
  await secureDatabase(client);
  for (const name of new Set(["rowlock", "rowlock_private", migrationsSchema, ...chains.map(schemaOf)])) {
    await ensureSchema(client, name, logger);
  }
  // The global form; one per schema would change nothing.
  for (const role of ["rowlock_owner", loginRoles.broker]) {
    await asRole(client, role, "alter default privileges revoke execute on functions from public");
  }
}

/**
 * Rights that belong to the database and are not copied with a template: logins may connect; nobody gets
 * temporary tables (one could shadow a name inside a function) or makes objects in `public` unasked.
 */
export async function secureDatabase(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ database: string; temp: boolean; create: boolean; connect: boolean }>(
    `select current_database() as database,
            has_database_privilege('rowlock_tenant', current_database(), 'TEMPORARY') as temp,
            coalesce(has_schema_privilege('rowlock_tenant', to_regnamespace('public'), 'CREATE'), false) as create,
            (select bool_and(has_database_privilege(login, current_database(), 'CONNECT'))
             from unnest($1::text[]) login) as connect`,
    [Object.values(loginRoles)],
  );
  const found = rows[0];
  if (found === undefined) return;
  const database = escapeIdentifier(found.database);
  const logins = Object.values(loginRoles).join(", ");
  if (!found.connect) await client.query(`grant connect on database ${database} to ${logins}`);
  if (found.temp) await client.query(`revoke temporary on database ${database} from public`);
  if (found.create) await client.query("revoke create on schema public from public");
}

/** What logins need to tell whether the schema is current, and tenants to reach the user's own tables. */
export async function grantReading(client: pg.ClientBase, chains: readonly Chain[]): Promise<void> {
  const logins = Object.values(loginRoles).join(", ");
  await asRole(
    client,
    "rowlock_owner",
    `grant usage on schema ${migrationsSchema} to ${logins};
     grant select on all tables in schema ${migrationsSchema} to ${logins}`,
  );
  if (
    chains.some((chain) => chain.name === "app") &&
    (await ownerOfSchema(client, "app")) === "rowlock_owner"
  ) {
    await asRole(client, "rowlock_owner", "grant usage on schema app to rowlock_tenant");
  }
}

/** Runs statements as another role, in a transaction, so that the role never outlives them. */
export async function asRole(client: pg.ClientBase, role: string, sql: string): Promise<void> {
  try {
    await client.query(`begin; set local role ${escapeIdentifier(role)}; ${sql}; commit`);
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}

async function ensureSchema(client: pg.ClientBase, name: string, logger: Logger): Promise<void> {
  const owner = await ownerOfSchema(client, name);
  if (owner === undefined) {
    await client.query(`create schema ${escapeIdentifier(name)} authorization rowlock_owner`);
  } else if (owner !== "rowlock_owner") {
    logger.warn(`The schema ${name} is there already and belongs to ${owner}, not to rowlock_owner`);
  }
}

async function ownerOfSchema(client: pg.ClientBase, name: string): Promise<string | undefined> {
  const { rows } = await client.query<{ owner: string }>(
    "select pg_get_userbyid(nspowner) as owner from pg_namespace where nspname = $1",
    [name],
  );
  return rows[0]?.owner;
}
