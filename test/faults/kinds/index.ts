import type { Fault } from "../fault.ts";
import { blackHole } from "./black-hole.ts";
import { cutConnections } from "./cut-connections.ts";
import { freezeWorker } from "./freeze-worker.ts";
import { fullBroker } from "./full-broker.ts";
import { fullServer } from "./full-server.ts";
import { halfOpen } from "./half-open.ts";
import { jumpClock } from "./jump-clock.ts";
import { killApi } from "./kill-api.ts";
import { killPostgres } from "./kill-postgres.ts";
import { killWorker } from "./kill-worker.ts";
import { postgresDown } from "./postgres-down.ts";
import { staleDeliveries } from "./stale-deliveries.ts";
import { terminateAll } from "./terminate-all.ts";
import { terminateBackends } from "./terminate-backends.ts";

/** Every kind of fault. */
export const kinds: readonly Fault[] = [
  killWorker,
  killPostgres,
  cutConnections,
  terminateBackends,
  freezeWorker,
  killApi,
  jumpClock,
  fullServer,
  postgresDown,
  blackHole,
  halfOpen,
  terminateAll,
  fullBroker,
  staleDeliveries,
];
