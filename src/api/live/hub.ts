import type { Pool } from "pg";
import type { Logger } from "../../log.ts";
import { RowlockError } from "../../sdk/index.ts";
import type { Member } from "../../tenancy/index.ts";
import { Backstop } from "./backstop.ts";
import { callAt } from "./expiry.ts";
import type { Change } from "./feed.ts";
import { Group, type Subscriber } from "./group.ts";
import { Lookout } from "./lookout.ts";
import { type Admitted, Members } from "./members.ts";
import { type Execute, Readings } from "./readings.ts";
import type { Sink } from "./sink.ts";
import type { Watch } from "./watch.ts";

export type HubOptions = {
  /** Connections of the login rowlock_api. */
  pool: Pool;
  /** For the one connection that listens; direct to the server. */
  listenUrl: string | undefined;
  logger: Logger;
  statementTimeoutMs: number;
  execute: Execute;
};

/** Someone's connection to the hub. */
export type Seat = {
  watch(watch: Watch, sink: Sink): () => void;
  leave(): void;
};

const lookBehindMs = 2_000;
const checkMs = 1_000;

/**
 * Tells those who watch. One connection listens, while anybody watches (`Lookout`); what is watched is read again, once
 * for all who watch the same by the same right (`Group`, `Readings`).
 */
export class Hub {
  readonly #groups = new Map<string, Group>();
  readonly #members: Members;
  readonly #readings: Readings;
  readonly #lookout: Lookout;
  readonly #backstop: Backstop;
  #timers: NodeJS.Timeout[] = [];
  #looks = 0;
  #stopped = false;

  constructor({ pool, listenUrl, logger, statementTimeoutMs, execute }: HubOptions) {
    this.#members = new Members(pool);
    this.#readings = new Readings(this.#members, execute);
    this.#backstop = new Backstop(pool, statementTimeoutMs);
    const changed = (changes: readonly Change[] | null) =>
      changes === null ? this.#wakeAll() : this.#wake(changes);
    this.#lookout = new Lookout({ pool, listenUrl, logger, changed });
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
    const leave = () => {
      forgetExpiry();
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
    const forgetExpiry = callAt(expiresAt, () =>
      admitted.end(new RowlockError("TOKEN_EXPIRED", "The token has expired. Sign in again.")),
    );
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
    await this.#lookout.stop();
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
    void this.#lookout.begin().then(() => this.#readings.schedule(group));
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
      setInterval(() => void this.#lookBehind(), lookBehindMs).unref(),
    ];
  }

  /** Nobody is here. */
  async #rest(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    await this.#lookout.rest();
  }

  #wake(changes: readonly Change[]): void {
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
      if (ids !== undefined && group.wake(ids)) this.#readings.schedule(group);
    }
    for (const [organizationId, ids] of byOrganization) this.#backstop.told(organizationId, ids);
  }

  #wakeAll(): void {
    for (const group of this.#groups.values()) {
      group.wake(null);
      this.#readings.schedule(group);
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
      this.#readings.schedule(group);
    }
    await this.#backstop
      .look(groups, (organizationId, ids) => this.#wake([{ organizationId, ids }]))
      .catch(() => undefined);
  }
}
