import type { Pool } from "pg";
import { type ErrorCode, RowlockError } from "../../sdk/index.ts";
import type { Member } from "../../tenancy/index.ts";

/** Someone who is connected, and how to end that. */
export type Admitted = {
  readonly member: Member;
  readonly role: string;
  /** Called once, when the right to be here has ended. */
  end(reason: RowlockError): void;
};

type Verdict = { role: string } | { refusal: RowlockError };

const everyMs = 1_000;

/**
 * Everybody who watches, checked in one statement at most once a second and before anything is delivered. Who is no
 * member any more, or has another role, is ended.
 */
export class Members {
  readonly #pool: Pool;
  readonly #admitted = new Set<Admitted>();
  #checking: Promise<void> | undefined;
  #checkedAt = Number.NEGATIVE_INFINITY;

  /** @param pool of the login rowlock_api */
  constructor(pool: Pool) {
    this.#pool = pool;
  }

  get size(): number {
    return this.#admitted.size;
  }

  /** @throws RowlockError NOT_A_MEMBER, ORGANIZATION_INACTIVE, UNAUTHENTICATED */
  async roleOf(member: Member): Promise<string> {
    const [verdict] = await this.#ask([member]);
    if (verdict !== undefined && "role" in verdict) return verdict.role;
    throw verdict?.refusal ?? refusalOf("RL405");
  }

  add(admitted: Admitted): void {
    this.#admitted.add(admitted);
  }

  remove(admitted: Admitted): void {
    this.#admitted.delete(admitted);
  }

  /**
   * Makes sure that everybody who is left was checked within the last second.
   * @param anew whatever was known: someone was just refused
   * @throws a database error when it cannot be checked: then nothing may be delivered
   */
  async check(anew = false): Promise<void> {
    if (!anew && performance.now() - this.#checkedAt < everyMs) return;
    this.#checking ??= this.#checkAll().finally(() => {
      this.#checking = undefined;
    });
    await this.#checking;
  }

  async #checkAll(): Promise<void> {
    const began = performance.now();
    const byMember = new Map<string, Admitted[]>();
    for (const admitted of this.#admitted) {
      const { organizationId, userId, apiKeyId } = admitted.member;
      const key = `${organizationId} ${userId} ${apiKeyId}`;
      const others = byMember.get(key);
      if (others === undefined) byMember.set(key, [admitted]);
      else others.push(admitted);
    }
    const groups = [...byMember.values()];
    const verdicts = await this.#ask(
      groups.flatMap(([first]) => (first === undefined ? [] : [first.member])),
    );
    for (const [at, group] of groups.entries()) {
      const verdict = verdicts[at] ?? { refusal: refusalOf("RL405") };
      for (const admitted of group) {
        if ("role" in verdict && verdict.role === admitted.role) continue;
        this.#admitted.delete(admitted);
        admitted.end("role" in verdict ? otherRole(verdict.role) : verdict.refusal);
      }
    }
    this.#checkedAt = began;
  }

  async #ask(members: readonly Member[]): Promise<Verdict[]> {
    if (members.length === 0) return [];
    const { rows } = await this.#pool.query<{ n: number; role: string | null; problem: string | null }>({
      name: "rowlock_check_subscribers",
      text: "select n, role, problem from rowlock_private.check_subscribers($1, $2, $3)",
      values: [
        members.map(({ organizationId }) => organizationId),
        members.map(({ userId }) => userId),
        members.map(({ apiKeyId }) => apiKeyId ?? null),
      ],
    });
    const verdicts: Verdict[] = [];
    for (const { n, role, problem } of rows) {
      verdicts[n - 1] =
        role === null || problem !== null ? { refusal: refusalOf(problem ?? "RL405") } : { role };
    }
    return verdicts;
  }
}

const refusals: Readonly<Record<string, [ErrorCode, string]>> = {
  RL401: ["UNAUTHENTICATED", "The API key is revoked or expired. Make a new one."],
  RL405: [
    "NOT_A_MEMBER",
    "You are not a member of the organization. Ask an administrator of it for a membership.",
  ],
  RL406: [
    "ORGANIZATION_INACTIVE",
    "The organization is unknown or suspended. Ask whoever runs the platform.",
  ],
};

function refusalOf(problem: string): RowlockError {
  const [code, message] = refusals[problem] ?? [
    "NOT_A_MEMBER",
    "You may not watch this organization. Sign in again.",
  ];
  return new RowlockError(code, message);
}

function otherRole(role: string): RowlockError {
  return new RowlockError("NOT_ALLOWED", `Your role in the organization is now ${role}. Subscribe again.`);
}
