import { startBattlefield } from "../../attack/http/battlefield.ts";
import { credentials, foreignChanges, foreignIds, removedWhileWatching } from "../../attack/subscriptions.ts";

/** Line 5: what the attack suite tries at subscriptions; that it knows every function and table, it sees to itself. */
export async function subscriptionsAttacked(): Promise<string> {
  const field = await startBattlefield();
  try {
    const north = await field.as(field.arena.north, "owner");
    const tried = await foreignIds(field, north);
    await foreignChanges(field, north, await field.as(field.arena.south, "owner"));
    await credentials(field.world, north);
    const ms = await removedWhileWatching(field.world, north);
    return `${tried} foreign ids watched in vain; a member removed while watching was cut off after ${ms.toFixed(0)} ms`;
  } finally {
    await field.stop();
  }
}
