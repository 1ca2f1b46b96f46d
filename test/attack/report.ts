/** A breach, or a positive control that failed: then the attacks beside it prove nothing. */
export type Finding = {
  /** S = SQL, G = GraphQL, R = REST, W = inside a task. */
  part: "S" | "G" | "R" | "W";
  /** What was attacked: a table, a function, a route. */
  about: string;
  what: string;
};

export type Report = {
  readonly findings: readonly Finding[];
  add(part: Finding["part"], about: string, what: string): void;
};

/** Thrown by a report that was asked for one finding only. */
export class EnoughFound extends Error {}

export function startReport(options: { stopAtFirst?: boolean | undefined } = {}): Report {
  const findings: Finding[] = [];
  return {
    findings,
    add(part, about, what) {
      findings.push({ part, about, what: what.slice(0, 500) });
      if (options.stopAtFirst === true) throw new EnoughFound();
    },
  };
}

export function describeFindings(findings: readonly Finding[]): string {
  return findings.map(({ part, about, what }) => `${part} ${about}: ${what}`).join("\n");
}

/** The first of the marks that a text holds. */
export function markIn(text: string, marks: readonly string[]): string | undefined {
  return marks.find((mark) => text.includes(mark));
}
