import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { withClient } from "../helpers/postgres.ts";
import { type Expectation, expectations, type TaskName } from "./expectation.ts";
import type { Entry, Ledger } from "./ledger.ts";
import type { World } from "./world.ts";

/** Foreign rows in the broker's table are put there by a fault, which takes them away again. */
export const foreignTask = "somebody_else/s";

/** What is looked at. */
export type Checked = { server: Pick<World["server"], "url">; ledger: Ledger };

/** What is not as it should be, and the jobs concerned. */
export type Trouble = { what: string; keys: string[] };

const askEveryMs = 50;

/**
 * Waits until all that was launched has ended and then looks at everything.
 * @returns what is wrong; nothing when all is well
 */
export async function settle(world: Checked, longestMs: number): Promise<Trouble[]> {
  const deadline = Date.now() + longestMs;
  for (;;) {
    const seen = await look(world).catch((error: Error) => `the database does not answer: ${error.message}`);
    if (Array.isArray(seen)) return seen;
    if (Date.now() > deadline) return [{ what: `After ${longestMs / 1000} s ${seen}`, keys: [] }];
    await sleep(askEveryMs);
  }
}

/** @returns why it is too early to look, or what is wrong */
async function look(world: Checked): Promise<string | Trouble[]> {
  return await withClient(world.server.url, async (client) => {
    // One moment for all: a launch whose answer was lost may commit at any time.
    await client.query("begin isolation level repeatable read");
    const [unfinished] = (
      await client.query<{ live: number; deliveries: number }>(
        `select (select count(*) from rowlock.live)::int as live,
                (select count(*) from graphile_worker._private_jobs j join graphile_worker._private_tasks t
                 on t.id = j.task_id where t.identifier <> $1)::int as deliveries`,
        [foreignTask],
      )
    ).rows;
    if (unfinished === undefined || unfinished.live + unfinished.deliveries > 0)
      return `${unfinished?.live} jobs have not ended and ${unfinished?.deliveries} deliveries are left`;
    return await check(client, world);
  });
}

type Found = {
  key: string;
  task: TaskName;
  jobs: number;
  ends: number;
  states: string[];
  attempts: number[];
  effects: number;
  orders: number;
};

async function check(client: pg.Client, { ledger }: Checked): Promise<Trouble[]> {
  const open = new Map(ledger.open.map((entry) => [entry.key, entry]));
  const { rows } = await client.query<Found>(
    `select j.name as key, min(j.task) as task, count(distinct j.id)::int as jobs, count(e.id)::int as ends,
            array_agg(coalesce(e.state || coalesce(' ' || e.error_code, ''), 'not ended')) as states,
            array_agg(e.attempt) as attempts,
            (select count(*) from app.effects f where f.key = j.name)::int as effects,
            (select count(*) from app.orders o where o.key = j.name)::int as orders
     -- What completes a batch was launched without a key of its own.
     from (select x.*, coalesce(x.key, x.payload ->> 'key') as name from rowlock.job x) j
     left join rowlock.job_end e using (organization_id, id)
     where j.name = any($1) group by 1`,
    [[...open.keys()]],
  );
  const found = new Map(rows.map((row) => [row.key, row]));
  const troubles: Trouble[] = [];
  const complain = (what: string, keys: string[]) => {
    if (keys.length > 0) troubles.push({ what: `${keys.length} ${what}`, keys });
  };
  // Whatever attempt it was at, nothing is left; a long one may have written before.
  const isCancelled = ({ key, task, states, effects, orders }: Found) =>
    open.get(key)?.cancelled === true &&
    states[0] === "cancelled CANCELLED" &&
    (effects === 0 || task === "outside") &&
    orders === Number(open.get(key)?.withOrder);
  const isMissing = ({ answer, key }: Entry) =>
    !found.has(key) && (answer === "acknowledged" || (answer === "child" && found.has(key.slice(0, -1))));
  complain("acknowledged and not there", keysOf([...open.values()].filter(isMissing)));
  complain("launched twice", keysOf(rows.filter(({ jobs }) => jobs !== 1)));
  complain("ended not once", keysOf(rows.filter(({ jobs, ends }) => jobs === 1 && ends !== 1)));
  for (const [word, is] of [
    ["ended otherwise", (row: Found) => row.states[0]?.split(" ")[0] === expected(row).state],
    ["with other attempts", (row: Found) => row.attempts[0] === expected(row).attempt],
    ["with more or fewer effects", (row: Found) => row.effects === expected(row).effects],
    ["launched without their order", (row: Found) => row.orders === Number(open.get(row.key)?.withOrder)],
  ] as const) {
    const odd = rows.filter((row) => row.ends === 1 && !is(row) && !isCancelled(row));
    const examples = odd
      .slice(0, 3)
      .map((row) => `${row.task}: ${row.states}, attempt ${row.attempts}, ${row.effects} effects`);
    complain(`${word} (${examples.join("; ")})`, keysOf(odd));
  }
  const effects = rows.reduce((sum, row) => sum + row.effects, 0);
  if (troubles.length === 0) {
    ledger.settle(
      rows.flatMap(({ key }) => open.get(key) ?? []),
      effects,
    );
    troubles.push(...(await compareTotals(client, ledger.settled)));
  }
  return troubles;
}

/** What came to light before must not have changed, and nothing may be there that nobody launched. */
async function compareTotals(client: pg.Client, settled: Ledger["settled"]): Promise<Trouble[]> {
  const [totals] = (
    await client.query<{ jobs: number; ends: number; effects: number; orders: number }>(
      `select (select count(*) from rowlock.job)::int as jobs, (select count(*) from rowlock.job_end)::int as ends,
              (select count(*) from app.effects)::int as effects, (select count(*) from app.orders)::int as orders`,
    )
  ).rows;
  const wanted = { jobs: settled.jobs, ends: settled.jobs, effects: settled.effects, orders: settled.orders };
  if (JSON.stringify(totals) === JSON.stringify(wanted)) return [];
  return [
    {
      what: `In all there are ${JSON.stringify(totals)}; there should be ${JSON.stringify(wanted)}`,
      keys: [],
    },
  ];
}

const expected = ({ task }: Found): Expectation => expectations[task];
const keysOf = (rows: readonly { key: string }[]): string[] => rows.map(({ key }) => key);
