import assert from "node:assert/strict";
import { test } from "node:test";
import { line } from "./line.ts";
import { deliverTwice } from "./spine/delivered-twice.ts";
import { launchThroughEachDoor } from "./spine/launch-doors.ts";
import { startAsSuperuser } from "./spine/superuser-refused.ts";

test(
  ...line(3, "Each door launches with its transaction: rolled back no job, committed one", {}, async () => {
    const doors = await launchThroughEachDoor();
    for (const [door, counts] of Object.entries(doors))
      assert.deepEqual(counts, { rolledBack: 0, committed: 1 }, door);
    return `${Object.keys(doors).join(", ")}: 0 jobs rolled back, 1 committed`;
  }),
);

test(
  ...line(5, "A transactional task delivered twice leaves one effect", {}, async () => {
    const { effects, deliveries } = await deliverTwice();
    assert.equal(effects, 1);
    return `${deliveries} deliveries, the first of a worker killed after its commit: ${effects} effect`;
  }),
);

test(
  ...line(7, "A superuser's URL is refused with one readable line", {}, async () => {
    const [said] = await startAsSuperuser();
    return said ?? "";
  }),
);
