import { after, before, test } from "node:test";
import type { Person } from "../api/support.ts";
import { type Battlefield, startBattlefield } from "./http/battlefield.ts";
import { credentials, foreignChanges, foreignIds, removedWhileWatching } from "./subscriptions.ts";

let field: Battlefield;
let north: Person;
before(async () => {
  field = await startBattlefield();
  north = await field.as(field.arena.north, "owner");
});
after(() => field.stop());

test("Another organization's ids are not there to watch, at any field, by either way", async (t) => {
  t.diagnostic(`${await foreignIds(field, north)} tried`);
});

test("What happens to another organization's jobs is not told", async () => {
  await foreignChanges(field, north, await field.as(field.arena.south, "owner"));
});

test("Nobody watches by credentials that are forged, or by none", async () => {
  await credentials(field.world, north);
});

test("A member removed while watching sees nothing more within two seconds", async (t) => {
  t.diagnostic(`closed after ${(await removedWhileWatching(field.world, north)).toFixed(0)} ms`);
});
