import type { TenantTransaction } from "../../tenancy/index.ts";
import type { Usage } from "../models/index.ts";
import type { MappedAnswer } from "../request/index.ts";

/** What an endpoint answered, as it is stored. */
export type Answer = MappedAnswer & {
  durationMs: number;
  /** Known of models only. */
  cost: number | null;
  usage?: Usage;
  /** Writes what the answer cost; in the transaction that stores the answer. */
  record?: (tx: TenantTransaction) => Promise<void>;
};
