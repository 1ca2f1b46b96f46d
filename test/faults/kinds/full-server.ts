import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { resolveLogins } from "../../../src/db/index.ts";
import { sqlstateOf } from "../../../src/sdk/index.ts";
import type { Fault } from "../fault.ts";

const many = 300;
const atOnce = 20;
const tooManyConnections = "53300";

/** 300 idle connections want the last slots and each that comes free, while a worker loses its own. */
export const fullServer: Fault = {
  name: "300 idle connections",
  lasts: { short: 1_500, usual: [500, 3_000] },
  async inflict({ server, workers }, { lastsMs, random }) {
    const url = resolveLogins({}, server.url).ops;
    const over = new AbortController();
    const full = Promise.withResolvers<void>();
    const held = new Set<pg.Client>();
    let wanted = 0;
    let most = 0;
    const take = async () => {
      const client = new pg.Client({ connectionString: url });
      client.on("error", () => undefined);
      client.once("end", () => held.delete(client));
      await client.connect();
      held.add(client);
      most = Math.max(most, held.size);
    };
    const taking = Array.from({ length: atOnce }, async () => {
      while (!over.signal.aborted) {
        if (held.size + wanted >= many) {
          await sleep(5);
          continue;
        }
        wanted += 1;
        try {
          await take();
        } catch (error) {
          if (sqlstateOf(error) === tooManyConnections) full.resolve();
          await sleep(5);
        } finally {
          wanted -= 1;
        }
      }
    });
    await Promise.race([full.promise, sleep(10_000)]);
    const victim = random.pick(workers);
    victim.proxy.cut();
    await sleep(lastsMs);
    over.abort();
    await Promise.all(taking);
    await Promise.all([...held].map((client) => client.end().catch(() => undefined)));
    return `${most} of them got in, ${victim.name} was cut meanwhile`;
  },
};
