import { exitCodes } from "../remote/refusal.ts";
import type { Run } from "../remote/schemas.ts";
import { percent } from "./report.ts";

export type Gate = { failUnder?: number | undefined; failOnRegression: boolean };
export type Verdict = { exitCode: number; reasons: string[] };

/**
 * What a run that has ended means for whoever waits. A run that was not executed whole says nothing of the product,
 * good or bad: that comes first.
 */
export function judge(run: Run, gate: Gate, regressions: number): Verdict {
  const { state, passRate, total, errored, cancelled } = run;
  if (state !== "completed") {
    const open = [
      errored > 0 ? `${errored} errored` : "",
      cancelled > 0 ? `${cancelled} were cancelled` : "",
    ];
    const reason = `of ${total} tests ${open.filter(Boolean).join(", ")}; the run is ${state}`;
    return { exitCode: exitCodes.notExecuted, reasons: [reason] };
  }
  const reasons: string[] = [];
  // The API's rate has seven digits: 9 of 10 must not be below 0.9 by the eighth.
  const rate = run.passed / (run.passed + run.failed);
  if (gate.failUnder !== undefined && rate < gate.failUnder) {
    reasons.push(`the pass rate is ${percent(passRate)}, below ${percent(gate.failUnder)}`);
  }
  if (gate.failOnRegression && regressions > 0) {
    reasons.push(`${regressions} failed that passed in the run before`);
  }
  return { exitCode: reasons.length > 0 ? exitCodes.belowGate : exitCodes.fine, reasons };
}
