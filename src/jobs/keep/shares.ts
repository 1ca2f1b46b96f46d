import { Heap } from "./heap.ts";

/** Who may have places. */
export type Claimant = {
  weight: number;
  /** Deliveries handed over and not ended. */
  deliveries: number;
  /** Jobs had so far by weight: who had least is next. */
  served: number;
  /** By how much one more delivery is likely to add to that. */
  step: number;
  /** Takes one place; false when there is nothing, or no longer anything, that it may have it for. */
  take(): boolean;
};

/**
 * Shares out free places. As long as somebody is below his share of all places, by weight and rounded up, the next one
 * goes to whoever of those had the fewest jobs by weight: so shares come out exactly over time, however few the places,
 * and one whose jobs are long holds no more hands than are his. What they leave goes to the smallest deliveries ÷
 * weight: one that is alone gets everything.
 * @param total places there are in all, taken and free
 */
export function shareOut(claimants: readonly Claimant[], free: number, total: number): void {
  const weights = claimants.reduce((sum, { weight }) => sum + weight, 0);
  const seats = claimants.map((claimant) => ({
    claimant,
    given: 0,
    share: Math.ceil((claimant.weight / weights) * total),
    out: false,
  }));
  type Seat = (typeof seats)[number];
  let left = free;
  const giveOut = (
    among: readonly Seat[],
    measure: (seat: Seat) => number,
    goesOn: (seat: Seat) => boolean,
  ) => {
    const next = new Heap(among, measure);
    for (let seat = next.pop(); left > 0 && seat !== undefined; seat = next.pop()) {
      if (!seat.claimant.take()) {
        seat.out = true;
        continue;
      }
      left -= 1;
      seat.given += 1;
      if (goesOn(seat)) next.push(seat);
    }
  };
  const below = ({ claimant, given, share }: Seat) => claimant.deliveries + given < share;
  giveOut(seats.filter(below), ({ claimant, given }) => claimant.served + given * claimant.step, below);
  if (left === 0) return;
  giveOut(
    seats.filter(({ out }) => !out),
    ({ claimant, given }) => (claimant.deliveries + given) / claimant.weight,
    () => true,
  );
}
