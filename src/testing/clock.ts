import type pg from "pg";

/** The time by which jobs are due, deadlines pass and sleeps end, in every process that uses the test's database. */
export type TestClock = {
  now(): Promise<Date>;
  /** The clock stands still at this moment, until it is told otherwise. */
  set(at: Date): Promise<void>;
  /** Moves the clock, standing or running, on by so many milliseconds. @returns what it shows then */
  advance(ms: number): Promise<Date>;
  /** Back to the real time. */
  reset(): Promise<void>;
};

/** @param owner pool of rowlock_owner */
export function testClock(owner: pg.Pool): TestClock {
  let standsAt: Date | undefined;
  let aheadMs = 0;
  const replace = async (expression: string) => {
    await owner.query(
      `create or replace function rowlock_private.clock() returns timestamptz
       language sql volatile parallel safe as $$ select ${expression} $$`,
    );
  };
  const now = async () => {
    const { rows } = await owner.query<{ now: Date }>("select rowlock_private.clock() as now");
    return rows[0]?.now ?? new Date(Number.NaN);
  };
  const clock: TestClock = {
    now,
    async set(at) {
      standsAt = at;
      await replace(`timestamptz '${at.toISOString()}'`);
    },
    async advance(ms) {
      if (standsAt !== undefined) {
        await clock.set(new Date(standsAt.getTime() + ms));
      } else {
        aheadMs += ms;
        await replace(`clock_timestamp() + ${aheadMs} * interval '1 millisecond'`);
      }
      return await now();
    },
    async reset() {
      standsAt = undefined;
      aheadMs = 0;
      await replace("clock_timestamp()");
    },
  };
  return clock;
}
