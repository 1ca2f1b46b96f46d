import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { resolveLogins } from "../../../src/db/index.ts";
import type { Fault } from "../fault.ts";

const many = 300;
const atOnce = 30;

/** 300 idle connections take the last slots and each that comes free, while those of a worker are cut. */
export const fullServer: Fault = {
  name: "300 idle connections",
  lasts: { short: 1_500, usual: [500, 3_000] },
  async inflict({ server, workers }, { lastsMs, random }) {
    const url = resolveLogins({}, server.url).ops;
    const over = new AbortController();
    const held = new Set<pg.Client>();
    const take = async () => {
      const client = new pg.Client({ connectionString: url });
      client.on("error", () => undefined);
      const gone = new Promise<void>((resolve) => client.once("end", () => resolve()));
      await client.connect();
      held.add(client);
      await gone;
    };
    let first = 0;
    const taking = Array.from({ length: atOnce }, async () => {
      while (!over.signal.aborted && first < many) {
        first += 1;
        const holding = take().catch(() => undefined);
        await Promise.race([holding, until(() => held.size >= first, 50)]);
      }
    });
    await Promise.all(taking);
    const full = held.size;
    const again = (async () => {
      while (!over.signal.aborted) {
        if (held.size < many) take().catch(() => undefined);
        await sleep(5);
      }
    })();
    const victim = random.pick(workers);
    victim.proxy.cut();
    await sleep(lastsMs);
    over.abort();
    await again;
    await Promise.all([...held].map((client) => client.end().catch(() => undefined)));
    return `${full} of them got in, ${victim.name} was cut meanwhile`;
  },
};

async function until(is: () => boolean, longestMs: number): Promise<void> {
  for (const end = performance.now() + longestMs; !is() && performance.now() < end; ) await sleep(2);
}
