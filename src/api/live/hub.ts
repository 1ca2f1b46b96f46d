import type { Pool } from "pg";
import type { ExecutionResult } from "postgraphile/graphql";
import type { Logger } from "../../log.ts";
import { RowlockError } from "../../sdk/index.ts";
import type { Member } from "../../tenancy/index.ts";
import { Backstop } from "./backstop.ts";
import { ChangeFeed } from "./feed.ts";
import { type ChangeEvent, Group, type Subscriber } from "./group.ts";
import { type Listener, startListener } from "./listener.ts";
import { type Admitted, Members } from "./members.ts";
import type { Sink } from "./sink.ts";
import type { Watch } from "./watch.ts";

export type HubOptions = {
  /** Connections of the login rowlock_api. */
  pool: Pool;
  /** For the one connection that listens; direct to the server. */
  listenUrl: string | undefined;
  logger: Logger;
  statementTimeoutMs: number;
  /** Reads what a group watches, under the claims of one of its members. */
  execute(watch: Watch, member: Member, event: ChangeEvent): Promise<ExecutionResult>;
};

/** Someone's connection to the hub. */
export type Seat = {
  watch(watch: Watch, sink: Sink): () => void;
  leave(): void;
};

/** What changes within this is told together. */
const gatherMs = 250;
/** The first after a quiet while waits only for what comes with it. */
const settleMs = 20;
const pollMs = 2_000;
/** While no notification can arrive. */
const pollDeafMs = 200;
const checkMs = 1_000;
/** Reads at a time: requests need connections of the pool too. */
const mostReading = 3;
const longestTimerMs = 2 ** 31 - 1;

/**
 * Tells those who watch. One connection listens, while anybody watches; what has changed is read from the table, and what
 * is watched is read again, once for all who watch the same by the same right.
 */
export class Hub {
  readonly #options: HubOptions;
  readonly #groups = new Map<string, Group>();
  readonly #members: Members;
  readonly #feed: ChangeFeed;
  readonly #backstop: Backstop;
  #listener: Listener | undefined;
  #timers: NodeJS.Timeout[] = [];
  #began: Promise<void> | undefined;
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #lookedAt = 0;
  #looks = 0;
  #reading = 0;
  readonly #queue: Group[] = [];
  #stopped = false;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#members = new Members(options.pool);
    this.#feed = new ChangeFeed(options.pool);
    this.#backstop = new Backstop(options.pool, options.statementTimeoutMs);
  }

  /**
   * Lets a member in, until `end` is called: the membership, the key or the token has ended.
   * @param expiresAt of the token, in milliseconds
   * @throws RowlockError NOT_A_MEMBER, ORGANIZATION_INACTIVE, UNAUTHENTICATED; a database error
   */
  async enter(
    member: Member,
    expiresAt: number | undefined,
    end: (reason: RowlockError) => void,
  ): Promise<Seat> {
    const role = await this.#members.roleOf(member);
    const leaving = new Set<() => void>();
    let expiry: NodeJS.Timeout | undefined;
    const leave = () => {
      clearTimeout(expiry);
      this.#members.remove(admitted);
      for (const each of leaving) each();
      leaving.clear();
      if (this.#members.size === 0) void this.#rest();
    };
    const admitted: Admitted = {
      member,
      role,
      end: (reason) => {
        leave();
        end(reason);
      },
    };
    if (this.#stopped) throw new RowlockError("DATABASE_UNAVAILABLE", "The server stops. Connect again.");
    this.#members.add(admitted);
    if (expiresAt !== undefined) {
      // A timer reaches no further than some 25 days.
      const arm = () => {
        const leftMs = expiresAt - Date.now();
        expiry = setTimeout(
          leftMs > longestTimerMs ? arm : over,
          Math.min(longestTimerMs, Math.max(0, leftMs)),
        ).unref();
      };
      const over = () =>
        admitted.end(new RowlockError("TOKEN_EXPIRED", "The token has expired. Sign in again."));
      arm();
    }
    this.#wakeUp();
    return {
      watch: (watch, sink) => {
        const stop = this.#join(admitted, watch, sink);
        leaving.add(stop);
        return () => {
          leaving.delete(stop);
          stop();
        };
      },
      leave,
    };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#rest();
  }

  #join({ member, role }: Admitted, watch: Watch, sink: Sink): () => void {
    const { query, operationName, variables } = watch.operation;
    const key = JSON.stringify([
      member.organizationId,
      role,
      watch.alikeForAll ? null : [member.userId, member.apiKeyId],
      query,
      operationName ?? null,
      variables ?? {},
    ]);
    const group = this.#groups.get(key) ?? new Group(key, watch, member.organizationId);
    this.#groups.set(key, group);
    const subscriber: Subscriber = { member, sink };
    group.subscribers.add(subscriber);
    if (group.isState) group.fresh.add(subscriber);
    void this.#begin().then(() => this.#schedule(group));
    return () => {
      group.subscribers.delete(subscriber);
      group.fresh.delete(subscriber);
      if (group.subscribers.size > 0) return;
      clearTimeout(group.timer);
      if (this.#groups.get(key) === group) this.#groups.delete(key);
    };
  }

  /** Somebody is here: members are checked, and who is not one any more is ended. */
  #wakeUp(): void {
    if (this.#timers.length > 0) return;
    this.#timers = [
      setInterval(() => void this.#members.check().catch(() => undefined), checkMs).unref(),
      setInterval(() => {
        if (this.#listener === undefined) return;
        const due = this.#listener.connected() ? pollMs : pollDeafMs;
        if (Date.now() - this.#lookedAt >= due) void this.#look();
      }, pollDeafMs).unref(),
      setInterval(() => void this.#lookBehind(), pollMs).unref(),
    ];
  }

  /** Before the first is read, it must be known from where on changes are news. */
  #begin(): Promise<void> {
    this.#began ??= this.#feed
      .begin()
      .catch(() => undefined)
      .then(() => {
        if (this.#listener !== undefined || this.#stopped) return;
        const { listenUrl: url, logger } = this.#options;
        this.#listener = startListener({ url, logger, changed: () => void this.#look() });
      });
    return this.#began;
  }

  /** Nobody is here. */
  async #rest(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    const listener = this.#listener;
    this.#listener = undefined;
    this.#began = undefined;
    await listener?.stop();
  }

  /** Reads what has changed; a call while it reads makes it read once more. */
  async #look(): Promise<void> {
    this.#lookAgain = true;
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined;
    });
    await this.#looking;
  }

  async #lookOnce(): Promise<void> {
    while (this.#lookAgain && !this.#stopped) {
      this.#lookAgain = false;
      this.#lookedAt = Date.now();
      try {
        const { changes, lost } = await this.#feed.read();
        if (lost) this.#tellAll();
        else if (changes.length > 0) this.#tell(changes);
      } catch {
        // The database is away; the next look is soon, and says itself whether it has missed something.
        return;
      }
    }
  }

  #tell(changes: readonly { organizationId: string; ids: readonly string[] | null }[]): void {
    const byOrganization = new Map<string, Set<string> | null>();
    for (const { organizationId, ids } of changes) {
      const known = byOrganization.get(organizationId);
      if (known === null) continue;
      if (ids === null) byOrganization.set(organizationId, null);
      else if (known === undefined) byOrganization.set(organizationId, new Set(ids));
      else for (const id of ids) known.add(id);
    }
    for (const group of this.#groups.values()) {
      const ids = byOrganization.get(group.organizationId);
      if (ids !== undefined && group.wake(ids)) this.#schedule(group);
    }
    for (const [organizationId, ids] of byOrganization) this.#backstop.told(organizationId, ids);
  }

  #tellAll(): void {
    for (const group of this.#groups.values()) {
      group.wake(null);
      this.#schedule(group);
    }
  }

  /** What nobody told of: jobs that SQL launched, or whose worker was killed. */
  async #lookBehind(): Promise<void> {
    const groups = [...this.#groups.values()];
    this.#looks += 1;
    for (const group of groups) {
      const { field } = group.watch;
      // What others do changes an organization's share; and the work of a killed worker, the counts of a batch.
      if (field !== "share" && (!group.isState || field === "job" || this.#looks % 4 > 0)) continue;
      group.wake(null);
      this.#schedule(group);
    }
    await this.#backstop
      .look(groups, (organizationId, ids) => this.#tell([{ organizationId, ids }]))
      .catch(() => undefined);
  }

  #schedule(group: Group): void {
    if (group.reading || group.timer !== undefined || !group.wantsRead || group.subscribers.size === 0)
      return;
    const now = performance.now();
    const wait =
      group.failures > 0
        ? Math.min(2_000, 100 * 2 ** group.failures)
        : group.fresh.size > 0
          ? 0
          : Math.max(settleMs, group.readAt + gatherMs - now);
    group.timer = setTimeout(() => {
      group.timer = undefined;
      group.reading = true;
      this.#queue.push(group);
      this.#readNext();
    }, wait);
  }

  #readNext(): void {
    while (this.#reading < mostReading) {
      const group = this.#queue.shift();
      if (group === undefined) return;
      this.#reading += 1;
      void this.#read(group).finally(() => {
        this.#reading -= 1;
        group.reading = false;
        this.#schedule(group);
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
      const result = await this.#options.execute(group.watch, first.member, event);
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
