import { markIn, type Report } from "../report.ts";
import type { Outcome, Stand } from "../session.ts";
import type { Side } from "../side.ts";

/** Insufficient privilege: a missing grant, or a row that a policy refuses. */
export const denied = "42501";

/** Judges an attack: it must have touched no row and shown nothing of the attacked; a refusal must be one of these. */
export function mustFail(
  report: Report,
  about: string,
  {
    attack,
    stand,
    outcome,
    south,
    codes = [denied],
  }: {
    attack: string;
    stand: Stand;
    outcome: Outcome;
    south: Side;
    codes?: readonly string[];
  },
): void {
  const said = (what: string) => report.add("S", about, `${attack}, as ${stand.name}: ${what}`);
  if (!opened(report, about, stand, outcome)) return;
  if (outcome.error !== undefined) {
    if (!codes.includes(outcome.error.code)) {
      said(`refused for another reason than it should be (${outcome.error.code} ${outcome.error.message})`);
    } else if (markIn(outcome.error.message, [south.canary]) !== undefined) {
      said("the refusal quotes the other's canary");
    }
    return;
  }
  if (outcome.count > 0) said(`touched ${outcome.count} rows`);
}

/** As `mustFail`, for what must not be let through even if it touches no row. */
export function mustBeRefused(
  report: Report,
  about: string,
  judged: { attack: string; stand: Stand; outcome: Outcome; south: Side; codes?: readonly string[] },
): void {
  const { attack, stand, outcome } = judged;
  mustFail(report, about, { ...judged, outcome: { ...outcome, count: 0 } });
  if (outcome.error === undefined) report.add("S", about, `${attack}, as ${stand.name}: was allowed`);
}

/** As `mustFail`, for what may touch one's own rows but nothing of the attacked. */
export function mustNotShow(
  report: Report,
  about: string,
  judged: { attack: string; stand: Stand; outcome: Outcome; south: Side; codes?: readonly string[] },
): void {
  const { attack, stand, outcome, south } = judged;
  const mark = markIn(JSON.stringify(outcome.rows), south.marks);
  if (mark !== undefined) report.add("S", about, `${attack}, as ${stand.name}: shows ${mark}`);
  mustFail(report, about, { ...judged, outcome: { ...outcome, count: 0 } });
}

/** A positive control: without it, an attack that fails proves nothing. */
export function mustWork(
  report: Report,
  about: string,
  {
    attack,
    stand,
    outcome,
    atLeast = 1,
  }: {
    attack: string;
    stand: Stand;
    outcome: Outcome;
    atLeast?: number;
  },
): void {
  if (!opened(report, about, stand, outcome)) return;
  if (outcome.error !== undefined) {
    report.add(
      "S",
      about,
      `control: ${attack}, as ${stand.name}, failed (${outcome.error.code} ${outcome.error.message})`,
    );
  } else if (outcome.count < atLeast) {
    report.add("S", about, `control: ${attack}, as ${stand.name}, touched no row`);
  }
}

function opened(report: Report, about: string, stand: Stand, outcome: Outcome): boolean {
  if (outcome.opened) return true;
  const why = `${outcome.error?.code} ${outcome.error?.message}`;
  report.add("S", about, `control: ${stand.name} could not enter (${why})`);
  return false;
}
