import { z } from "zod";
import { defineTask } from "../../src/index.ts";

/** Doubles a number that is not negative. */
export const double = defineTask({
  name: "double",
  input: z.object({ n: z.number() }),
  output: z.object({ n: z.number() }),
  run({ n }) {
    if (n < 0) throw new RangeError(`${n} is negative`);
    return { n: n * 2 };
  },
});

/** Fails its first attempt, then waits ten minutes before the next. */
export const flaky = defineTask({
  name: "flaky",
  input: z.object({}),
  backOff: { baseMs: 600_000 },
  run(_, { job }) {
    if (job.attempt === 1) throw new Error("once");
  },
});

/** Launches the next of its kind, down to 0. */
export const countDown = defineTask({
  name: "count-down",
  input: z.object({ from: z.int() }),
  async run({ from }, { launch }) {
    if (from > 0) await launch("count-down", { from: from - 1 });
  },
});

/** Says who it is for, by the claims of its transaction. */
export const whoAmI = defineTask({
  name: "who-am-i",
  input: z.object({}),
  output: z.object({ organization: z.string(), user: z.string(), role: z.string() }),
  async run(_, { tx }) {
    const { rows } = await tx.query<{ organization: string; user: string; role: string }>(
      `select rowlock.claimed_organization() as organization, rowlock.claimed_user() as user,
              current_setting('rowlock.role') as role`,
    );
    return rows[0] ?? { organization: "", user: "", role: "" };
  },
});

/** Sleeps an hour between its two steps. */
export const sleeper = defineTask({
  name: "sleeper",
  kind: "long",
  input: z.object({}),
  output: z.object({ slept: z.boolean() }),
  async run(_, { step, sleep }) {
    const began = await step("begin", () => 1);
    await sleep("an hour", 3_600_000);
    return { slept: began === 1 };
  },
});
