import { test } from "node:test";
import { line } from "./line.ts";
import { batchesUnderFire } from "./orchestration/batches.ts";
import { cancelsAndDeadlines } from "./orchestration/control.ts";
import { overDaylightSaving } from "./orchestration/daylight.ts";
import { everywhere } from "./orchestration/everywhere.ts";
import { randomGraph } from "./orchestration/graph.ts";
import { allAtOnce } from "./orchestration/one-minute.ts";
import { simulatedWeek } from "./orchestration/retention.ts";
import { sleepForAMinute, stepsUnderFire } from "./orchestration/steps.ts";
import { testRunAsBatch } from "./orchestration/test-run.ts";

test(...line(1, "cancel and deadline of what does not listen; 100,000 cancelled", {}, cancelsAndDeadlines));

test(...line(2, "batches while workers are killed", { long: true }, batchesUnderFire));

test(...line(3, "a graph of 1,000 jobs", {}, randomGraph));

test(...line(4, "steps of a job whose worker is killed after each", { long: true }, stepsUnderFire));

test(...line(5, "10,000 jobs asleep for a minute", { long: true }, sleepForAMinute));

test(
  ...line(6, "schedules over daylight saving, on a clock of the test's", { long: true }, overDaylightSaving),
);

test(...line(7, "a simulated week of 2,000,000 jobs", { long: true }, simulatedWeek));

test(...line(8, "10,000 schedules due at one moment", { long: true }, allAtOnce));

test(
  ...line(
    9,
    "a test run is a batch: cancelled as one, resumed after a deploy",
    { long: true },
    testRunAsBatch,
  ),
);

test(...line(10, "at every door, and on a page whose snippets run", {}, everywhere));
