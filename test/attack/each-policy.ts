import type { TestDatabase } from "../helpers/database.ts";
import { withClient } from "../helpers/database.ts";
import { arenaOf, attack } from "./attack.ts";
import { type Policy, readPolicies } from "./catalogue.ts";
import type { Finding } from "./report.ts";

export type DroppedPolicy = { policy: string; findings: Finding[] };

/**
 * Drops each policy in turn, attacks, and puts it back as it was.
 * @param databases fresh ones; the policies are shared out among them
 * @returns for each policy the first thing found; nothing found means that it can be dropped unnoticed
 */
export async function dropEachPolicy(databases: readonly TestDatabase[]): Promise<DroppedPolicy[]> {
  const results = await Promise.all(
    databases.map(async (database, part) => {
      await arenaOf(database);
      const policies = await readPolicies(database.pool("admin"));
      const mine = policies.filter((_, at) => at % databases.length === part);
      const dropped: DroppedPolicy[] = [];
      for (const policy of mine) dropped.push(await dropOne(database, policy));
      return dropped;
    }),
  );
  return results.flat();
}

async function dropOne(database: TestDatabase, policy: Policy): Promise<DroppedPolicy> {
  const asOwner = (text: string) =>
    withClient(database.urls.admin, (client) => client.query(`set role rowlock_owner; ${text}`));
  await asOwner(policy.drop);
  try {
    const findings = await attack(database, { stopAtFirst: true, lookFirstAt: policy.table });
    return { policy: `${policy.name} on ${policy.table}`, findings };
  } finally {
    await asOwner(policy.create);
  }
}
