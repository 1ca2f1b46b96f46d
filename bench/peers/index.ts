import type { Bench } from "../lib/bench.ts";
import { bullmq } from "./bullmq.ts";
import { celery } from "./celery.ts";
import { graphileWorker } from "./graphile-worker.ts";
import type { Peer, PeerOptions } from "./peer.ts";
import { pgBoss } from "./pg-boss.ts";
import { rowlock } from "./rowlock.ts";

export type { AnyTaskName, Peer, TaskName, Workers } from "./peer.ts";

/** Who is compared, Rowlock first; `fair` gives the others' best setting against starvation. */
export function makePeers(
  bench: Bench,
  { redisSocket, withCelery }: { redisSocket: string | undefined; withCelery: boolean },
  options: PeerOptions = {},
): Peer[] {
  return [
    ...(options.fair ? [] : [rowlock(bench)]),
    graphileWorker(bench, options),
    pgBoss(bench, options),
    ...(redisSocket === undefined ? [] : [bullmq(bench, redisSocket, options)]),
    ...(redisSocket === undefined || !withCelery ? [] : [celery(bench, redisSocket, options)]),
  ];
}
