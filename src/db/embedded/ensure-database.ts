import pg from "pg";
import { sqlstateOf } from "../../sdk/index.ts";

/** Creates the database a URL names if it is not there; another process may do the same at this moment. */
export async function ensureDatabase(url: string): Promise<void> {
  if (await canConnect(url)) return;
  const name = new URL(url).pathname.slice(1);
  const maintenance = new URL(url);
  maintenance.pathname = "/postgres";
  const client = new pg.Client({ connectionString: maintenance.href });
  await client.connect();
  try {
    await client.query(`create database ${client.escapeIdentifier(name)}`);
  } catch (error) {
    const already = ["42P04", "23505"];
    if (!already.includes(sqlstateOf(error) ?? "")) throw error;
  } finally {
    await client.end();
  }
}

async function canConnect(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    await client.end();
    return true;
  } catch (error) {
    if (sqlstateOf(error) === "3D000") return false;
    throw error;
  }
}
