import pg from "pg";
import { currentRun } from "../../src/testing/database/index.ts";
import { dropLeftovers } from "../../src/testing/database/leftovers.ts";

export { withDatabase } from "../../src/db/index.ts";
export { quickSettings as testSettings } from "../../src/testing/server/index.ts";

export type HeldServer = {
  /** What the run uses, in words. */
  description: string;
  /** Leaves the server as it was found; if it is ours, stops it. */
  release(): Promise<void>;
};

/** Holds the server on which test processes make their databases, from before the first until after the last. */
export async function holdServer(): Promise<HeldServer> {
  const { server, end } = await currentRun();
  if (server.embedded) {
    const release = async () => {
      await end();
      await server.leave();
    };
    return { description: "an embedded Postgres in a temporary folder", release };
  }
  const rolesBefore = await withClient(server.adminUrl, ourRoles);
  const release = async () => {
    await end();
    await withClient(server.adminUrl, async (admin) => {
      await dropLeftovers(admin, 0);
      const made = (await ourRoles(admin)).filter((role) => !rolesBefore.includes(role));
      for (const role of made) {
        // One that another database has come to use since stays.
        await admin.query(`drop role ${pg.escapeIdentifier(role)}`).catch(() => undefined);
      }
    });
  };
  return { description: "the server of DATABASE_URL", release };
}

/** Runs `work` on a connection of its own. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function ourRoles(admin: pg.Client): Promise<string[]> {
  const { rows } = await admin.query<{ rolname: string }>(
    "select rolname from pg_roles where starts_with(rolname, 'rowlock_')",
  );
  return rows.map((row) => row.rolname);
}
