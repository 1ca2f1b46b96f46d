import assert from "node:assert/strict";
import { test } from "node:test";
import { dropEachPolicy } from "../attack/each-policy.ts";
import { createTestDatabase } from "../helpers/database.ts";
import { tripsOfOneJob } from "../jobs/trips-of-one-job.ts";
import { line } from "./line.ts";
import { checkInClone } from "./spine/check-in-clone.ts";
import { startDebianPostgres } from "./spine/debian-postgres.ts";
import { deliverTwice } from "./spine/delivered-twice.ts";
import { firstTask } from "./spine/first-task.ts";
import { freshClone } from "./spine/fresh-clone.ts";
import { gsm8k, withoutGsm8k } from "./spine/gsm8k.ts";
import { launchThroughEachDoor } from "./spine/launch-doors.ts";
import { startAsSuperuser } from "./spine/superuser-refused.ts";
import { twoOrganizations } from "./spine/two-organizations.ts";

test(
  ...line(1, "A fresh clone: demo and tests, embedded and on Debian's Postgres", { long: true }, async () => {
    await using debian = await startDebianPostgres();
    assert.ok(debian, "Debian's Postgres is installed (apt-get install postgresql) and this runs as root");
    const runs = {
      embedded: await freshClone(),
      [`Postgres ${debian.version}`]: await freshClone(debian.url),
    };
    for (const [database, { demoSeconds, testSeconds }] of Object.entries(runs)) {
      assert.ok(demoSeconds < 60, `${database}: the demo took ${demoSeconds} s`);
      assert.ok(testSeconds < 300, `${database}: the tests took ${testSeconds} s`);
    }
    return Object.entries(runs)
      .map(
        ([database, { demoSeconds, testSeconds, tests }]) =>
          `${database}: demo ${demoSeconds.toFixed(1)} s, ${tests} tests in ${testSeconds.toFixed(0)} s`,
      )
      .join("; ");
  }),
);

test(
  ...line(2, "GSM8K, executed by worker processes of both kinds", { long: true }, async (context) => {
    if (withoutGsm8k !== false) {
      context.skip(withoutGsm8k);
      return "not measured";
    }
    const said: string[] = [];
    for (const mode of ["rowlock", "graphile-worker"] as const) {
      const { results, passed, disagreements, seconds } = await gsm8k(mode);
      assert.deepEqual(
        { results, passed, disagreements },
        { results: 1_319, passed: 286, disagreements: 0 },
        mode,
      );
      said.push(
        `${mode}: ${passed} of ${results} passed, ${disagreements} disagreements, ${seconds.toFixed(1)} s`,
      );
    }
    return said.join("; ");
  }),
);

test(
  ...line(3, "Each door launches with its transaction: rolled back no job, committed one", {}, async () => {
    const doors = await launchThroughEachDoor();
    for (const [door, counts] of Object.entries(doors)) {
      assert.deepEqual(counts, { rolledBack: 0, committed: 1 }, door);
    }
    return `${Object.keys(doors).join(", ")}: 0 jobs rolled back, 1 committed`;
  }),
);

test(
  ...line(
    4,
    "Two organizations run the same set at once; neither sees nor touches the other",
    {},
    async () => {
      const { results, editedDeliveries, seconds } = await twoOrganizations();
      return `${results} results right, ${editedDeliveries} broker rows edited in vain, ${seconds.toFixed(1)} s`;
    },
  ),
);

test(
  ...line(5, "A transactional task delivered twice leaves one effect", {}, async () => {
    const { effects, deliveries } = await deliverTwice();
    assert.equal(effects, 1);
    return `${deliveries} deliveries, the first of a worker killed after its commit: ${effects} effect`;
  }),
);

test(
  // Long: `npm test` does the same in test/attack/each-policy.test.ts.
  ...line(6, "Any single policy dropped turns the attack suite red", { long: true }, async () => {
    await using first = await createTestDatabase();
    await using second = await createTestDatabase();
    const dropped = await dropEachPolicy([first, second]);
    const unnoticed = dropped.filter(({ findings }) => findings.length === 0).map(({ policy }) => policy);
    assert.deepEqual(unnoticed, []);
    assert.ok(dropped.length > 40);
    return `${dropped.length} policies dropped in turn, ${unnoticed.length} unnoticed`;
  }),
);

test(
  ...line(7, "A superuser's URL is refused with one readable line", {}, async () => {
    const [said] = await startAsSuperuser();
    return said ?? "";
  }),
);

test(
  ...line(8, "Round trips of one transactional job, from fetch to end", {}, async () => {
    const { alone, ofMany } = await tripsOfOneJob();
    assert.ok(alone <= 3, `${alone} alone`);
    assert.ok(ofMany <= 3, `${ofMany} of many`);
    return `${alone} alone, ${ofMany.toFixed(2)} each of 50, beside the handler's own`;
  }),
);

test(
  ...line(
    9,
    "npm run check is what CI runs, in under 10 minutes, and refuses a spoilt tree",
    { long: true },
    async () => {
      const { seconds, refused } = await checkInClone();
      assert.ok(seconds < 600, `it took ${seconds} s`);
      return `${seconds.toFixed(0)} s; refused: ${refused.join(", ")}`;
    },
  ),
);

test(
  ...line(
    10,
    "docs/first-task.md, run in an empty folder with the packed package",
    { long: true },
    async () => {
      const { files, commands, answers } = await firstTask();
      return `${files.length} files, ${commands} commands, ${answers.length} answers as the page shows them`;
    },
  ),
);
