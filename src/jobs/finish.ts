import type { TenantTransaction } from "../tenancy/index.ts";

/** What a long task returns when its last transaction is to end the job, too: made by `context.finish`. */
export class Finish<Output> {
  readonly work: (tx: TenantTransaction) => Promise<Output>;

  constructor(work: (tx: TenantTransaction) => Promise<Output>) {
    this.work = work;
  }
}
