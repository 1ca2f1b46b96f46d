import { setTimeout as sleep } from "node:timers/promises";
import { createPool } from "../../src/db/index.ts";
import { cancelJobs, launchBatch, launchJobs } from "../../src/jobs/index.ts";
import { createLogger } from "../../src/log.ts";
import { readSettings } from "../../src/sdk/index.ts";
import { issueToken, withTenant } from "../../src/tenancy/index.ts";
import { lastKey, type TaskName } from "./expectation.ts";
import type { Entry, Ledger } from "./ledger.ts";
import type { Random } from "./random.ts";
import type { Member } from "./world.ts";

/** Organizations that launch, each by itself, through HTTP and in SQL. */
export type Launchers = {
  go(): void;
  /** Settles when nobody has a launch under way. */
  pause(): Promise<void>;
  stop(): Promise<void>;
};

export type LaunchersOptions = {
  members: readonly Member[];
  ledger: Ledger;
  random: Random;
  port: number;
  apiLogin: string;
  jwtSecret: string;
};

/** After this an answer is not waited for. */
const patienceMs = 4_000;

const tasks: readonly TaskName[] = [
  ...Array<TaskName>(10).fill("bundled"),
  ...Array<TaskName>(3).fill("single"),
  ...Array<TaskName>(2).fill("outside"),
  ...Array<TaskName>(2).fill("flaky"),
  ...Array<TaskName>(2).fill("relay"),
  "doomed",
];

export function startLaunchers(options: LaunchersOptions): Launchers {
  const { members, ledger, random } = options;
  const logger = createLogger({ level: "error", format: "text" });
  const pool = createPool({ url: options.apiLogin, max: members.length, name: "faults", logger });
  pool.on("error", () => undefined);
  const stopping = new AbortController();
  let gate = Promise.withResolvers<void>();
  let open = false;
  const underWay = new Set<Promise<void>>();

  const overHttp = async (
    member: Member,
    task: TaskName,
    entries: readonly Entry[],
    runAt: Date | undefined,
  ) => {
    const token = await issueToken(readSettings({ JWT_SECRET: options.jwtSecret }), {
      ...member,
      expiresIn: "1d",
    });
    const payloads = entries.map(({ key }) => ({ key }));
    const keys = entries.map(({ key }) => key);
    const [path, body] =
      entries.length === 1
        ? ["jobs", { task, payload: payloads[0], key: keys[0], runAt }]
        : ["jobs/bulk", { task, payloads, keys, runAt }];
    const response = await fetch(`http://127.0.0.1:${options.port}/api/${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(patienceMs),
    });
    const text = await response.text();
    if (response.status !== 201) throw new Error(`${response.status}: ${text}`);
  };
  const inSql = async (
    member: Member,
    task: TaskName,
    entries: readonly Entry[],
    runAt: Date | undefined,
    batch: boolean,
  ) => {
    const keys = entries.map(({ key }) => key);
    const launched = withTenant(pool, member, async (tx) => {
      await tx.query("insert into app.orders (key) select unnest($1::text[])", [keys]);
      if (batch) {
        const jobs = keys.map((key) => ({ task, payload: { key }, key }));
        const onComplete = { task: "bundled", payload: { key: lastKey(keys[0] ?? "") } };
        await launchBatch(tx, { jobs, onComplete, runAt });
        return;
      }
      await launchJobs(
        tx,
        task,
        keys.map((key) => ({ key })),
        { keys, runAt },
      );
    });
    launched.catch(() => undefined);
    await Promise.race([launched, sleep(patienceMs).then(() => Promise.reject(new Error("no answer")))]);
  };
  const launch = async (member: Member, mine: Random) => {
    const sql = mine.chance(0.5);
    const task = mine.pick(tasks);
    // Now and then so many that they wait for the dispatcher even when nobody else does.
    const many = task === "bundled" && mine.chance(0.1) ? mine.whole(101, 250) : mine.whole(1, 12);
    const count = task === "outside" ? Math.ceil(many / 3) : mine.chance(0.3) ? 1 : many;
    const runAt = mine.chance(0.1) ? new Date(Date.now() + mine.between(100, 1_500)) : undefined;
    const entries = Array.from({ length: count }, () => ledger.note(task, sql));
    const batch = sql && mine.chance(0.2);
    if (batch) ledger.noteChild(lastKey(entries[0]?.key ?? ""));
    await (sql ? inSql(member, task, entries, runAt, batch) : overHttp(member, task, entries, runAt)).then(
      () => ledger.acknowledge(entries),
      // Whether they exist is found out by their keys.
      () => undefined,
    );
    if (task !== "relay" && mine.chance(0.15)) await cancelSome(member, mine, entries);
  };
  /** Half of them, a little later, one by one; who is told what became of it does not matter. */
  const cancelSome = async (member: Member, mine: Random, entries: readonly Entry[]) => {
    await sleep(mine.between(0, 200));
    for (const entry of entries.slice(0, Math.ceil(entries.length / 2))) {
      entry.cancelled = true;
      const cancelled = withTenant(pool, member, (tx) =>
        cancelJobs(tx, { task: entry.task, key: entry.key }, 1),
      );
      cancelled.catch(() => undefined);
      const answered = await Promise.race([cancelled.then(() => true), sleep(patienceMs)]).catch(() => false);
      if (answered !== true) return;
    }
  };
  const going = members.map(async (member, index) => {
    const mine = random.fork(`organization ${index}`);
    while (!stopping.signal.aborted) {
      await gate.promise;
      if (stopping.signal.aborted) return;
      const launching = launch(member, mine);
      underWay.add(launching);
      await launching.finally(() => underWay.delete(launching));
      await sleep(mine.between(50, 350));
    }
  });

  return {
    go() {
      open = true;
      gate.resolve();
    },
    async pause() {
      if (open) gate = Promise.withResolvers();
      open = false;
      await Promise.all(underWay);
    },
    async stop() {
      stopping.abort();
      gate.resolve();
      await Promise.all(going);
      await pool.end();
    },
  };
}
