import type { Arena } from "../arena.ts";
import { readRoutines } from "../catalogue.ts";
import type { Report } from "../report.ts";
import { attempt, type Outcome, role, type Stand, withSession } from "../session.ts";
import { mustFail, mustNotShow, mustWork } from "./check.ts";
import { functionAttacks } from "./function-attacks.ts";

export type FunctionAttack = {
  attack: string;
  /** Connection; `admin` with the role rowlock_owner plays a trusted login. */
  login: "api" | "task" | "admin";
  stand: Stand;
  text: string;
  values?: unknown[];
  /** SQLSTATEs with which it must be refused; "works" for a control; a function that says what is wrong. */
  expect: readonly string[] | "works" | ((outcome: Outcome) => string | undefined);
};

/**
 * Every function that a tenant or a login may call, and every one that runs with its owner's rights, is called with
 * another's ids. One without an entry is a finding, so that none is forgotten.
 */
export async function attackFunctions(arena: Arena, report: Report): Promise<void> {
  const { db, south } = arena;
  const entries = functionAttacks(arena);
  const routines = await readRoutines(db.pool("admin"));
  const names = new Set(routines.map((one) => one.name));
  for (const routine of routines) {
    const reachable = routine.tenant || routine.logins.length > 0;
    const entry = entries[routine.name];
    if (entry === undefined && (reachable || routine.definer)) {
      report.add(
        "S",
        routine.name,
        `no attack for function ${routine.name}: add one in test/attack/sql/function-attacks.ts`,
      );
    }
    if (entry === "internal" && reachable) {
      report.add("S", routine.name, "is said to be internal, but tenants or logins may call it");
    }
  }
  const logins = ["api", "task", "admin"] as const;
  for (const login of logins) {
    await withSession(db.pool(login), async (client) => {
      for (const [name, attacks] of Object.entries(entries)) {
        if (attacks === "internal" || !names.has(name)) continue;
        for (const one of attacks.filter((each) => each.login === login)) {
          const outcome = await attempt(client, one.stand, one.text, one.values);
          const judged = { attack: one.attack, stand: one.stand, outcome };
          if (one.expect === "works") mustWork(report, name, judged);
          else if (typeof one.expect === "function") {
            mustNotShow(report, name, { ...judged, south, codes: [] });
            const wrong = outcome.error === undefined ? one.expect(outcome) : undefined;
            if (wrong !== undefined) report.add("S", name, `${one.attack}: ${wrong}`);
          } else {
            mustFail(report, name, { ...judged, south, codes: one.expect });
            if (outcome.opened && outcome.error === undefined && outcome.count === 0) {
              report.add("S", name, `${one.attack}: was not refused`);
            }
          }
        }
      }
    });
  }
}

export const owner = (claims: Record<string, string> = {}): Stand => role("rowlock_owner", claims);
