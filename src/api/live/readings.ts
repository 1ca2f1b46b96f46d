import type { ExecutionResult } from "postgraphile/graphql";
import { RowlockError } from "../../sdk/index.ts";
import type { Member } from "../../tenancy/index.ts";
import type { ChangeEvent, Group, Subscriber } from "./group.ts";
import type { Members } from "./members.ts";
import type { Watch } from "./watch.ts";

/** Reads what a group watches, under the claims of one of its members. */
export type Execute = (watch: Watch, member: Member, event: ChangeEvent) => Promise<ExecutionResult>;

/** What changes within this is told together. */
const gatherMs = 250;
/** The first after a quiet while waits only for what comes with it. */
const settleMs = 20;
/** Reads at a time: requests need connections of the pool too. */
const mostReading = 3;

/** Reads for groups, each at its time and a few at once, and delivers to those of them who may still see it. */
export class Readings {
  readonly #members: Members;
  readonly #execute: Execute;
  readonly #queue: Group[] = [];
  #reading = 0;

  constructor(members: Members, execute: Execute) {
    this.#members = members;
    this.#execute = execute;
  }

  /** Has a group read when it is due, if there is something to read and somebody to tell. */
  schedule(group: Group): void {
    if (group.reading || group.timer !== undefined || !group.wantsRead || group.subscribers.size === 0)
      return;
    group.timer = setTimeout(() => {
      group.timer = undefined;
      group.reading = true;
      this.#queue.push(group);
      this.#readNext();
    }, waitOf(group));
  }

  #readNext(): void {
    while (this.#reading < mostReading) {
      const group = this.#queue.shift();
      if (group === undefined) return;
      this.#reading += 1;
      void this.#read(group).finally(() => {
        this.#reading -= 1;
        group.reading = false;
        this.schedule(group);
        this.#readNext();
      });
    }
  }

  async #read(group: Group): Promise<void> {
    const event = group.take();
    const fresh = [...group.fresh];
    group.readAt = performance.now();
    try {
      await this.#members.check();
      const [first] = group.subscribers;
      if (first === undefined) return;
      const result = await this.#execute(group.watch, first.member, event);
      // The reader's own right has ended, or the database went away: what has changed is read by another, later.
      if (isOfReader(result)) {
        await this.#members.check(true);
        throw new Error("refused");
      }
      await this.#members.check();
      for (const subscriber of fresh) group.fresh.delete(subscriber);
      group.failures = 0;
      deliver(group, result, fresh);
    } catch {
      group.failures += 1;
      group.putBack(event);
    }
  }
}

function waitOf(group: Group): number {
  if (group.failures > 0) return Math.min(2_000, 100 * 2 ** group.failures);
  if (group.fresh.size > 0) return 0;
  return Math.max(settleMs, group.readAt + gatherMs - performance.now());
}

const ofReader: ReadonlySet<unknown> = new Set([
  "UNAUTHENTICATED",
  "NOT_A_MEMBER",
  "ORGANIZATION_INACTIVE",
  "DATABASE_UNAVAILABLE",
]);

function isOfReader({ errors }: ExecutionResult): boolean {
  return errors?.some(({ extensions }) => ofReader.has(extensions.code)) === true;
}

/** Serialized once, however many watch. */
function deliver(group: Group, result: ExecutionResult, fresh: readonly Subscriber[]): void {
  const { answersAs, field, id } = group.watch;
  if (group.isState && (result.errors ?? []).length === 0 && (result.data?.[answersAs] ?? null) === null) {
    const gone = new RowlockError("NOT_FOUND", `There is no ${field} ${id} in this organization.`);
    for (const { sink } of group.subscribers) sink.fail(gone);
    return;
  }
  const text = JSON.stringify(result);
  const news = group.isState && text === group.told ? fresh : group.subscribers;
  group.told = text;
  for (const subscriber of news) {
    // Who came while this was read is told what the next read says.
    if (group.subscribers.has(subscriber) && !group.fresh.has(subscriber)) subscriber.sink.next(text);
  }
}
