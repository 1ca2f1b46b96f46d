import assert from "node:assert/strict";
import { test } from "node:test";
import { tripsOfOneJob } from "./trips-of-one-job.ts";

test("a transactional job costs three round trips from fetch to end, beside the handler's own", async () => {
  const { alone, ofMany, ours } = await tripsOfOneJob();
  assert.equal(alone, 3, JSON.stringify(ours));
  assert.ok(ofMany <= 3, `${ofMany} round trips for each of 50 jobs`);
  assert.deepEqual(
    ours.map((trip) => trip.statements.length),
    [3, 1, 3],
    JSON.stringify(ours),
  );
  const [begin, handler, finish] = ours.map((trip) => trip.statements.join("; "));
  assert.match(begin ?? "", /^begin;.*begin_job.*set local role/);
  assert.match(handler ?? "", /^insert into app.notes/);
  assert.match(finish ?? "", /^reset role;.*finish_job.*commit$/);
});
