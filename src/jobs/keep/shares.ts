/** What a share is reckoned from. */
export type Claimant = {
  weight: number;
  /** Deliveries handed over and not ended. */
  deliveries: number;
  /** Most that may be added. */
  room: number;
  /** Jobs had so far by weight: who had least is next. */
  served: number;
  /** By how much one more delivery is likely to add to that. */
  step: number;
};

/**
 * Shares out free places. As long as somebody is below his share of all places, by weight and rounded up, the next one
 * goes to whoever of those had the fewest jobs by weight: so shares come out exactly over time, however few the places,
 * and one whose jobs are long holds no more hands than are his. What they leave goes to the smallest deliveries ÷
 * weight: one that is alone gets everything.
 * @param total places there are in all, taken and free
 * @returns places for each claimant, in their order
 */
export function shareOut(claimants: readonly Claimant[], free: number, total: number): number[] {
  const weights = claimants.reduce((sum, { weight }) => sum + weight, 0);
  const seats = claimants.map((claimant) => ({
    ...claimant,
    given: 0,
    share: Math.ceil((claimant.weight / weights) * total),
  }));
  for (let left = free; left > 0; left -= 1) {
    const open = seats.filter(({ given, room }) => given < room);
    const below = open.filter(({ deliveries, given, share }) => deliveries + given < share);
    const next =
      below.length > 0
        ? least(below, ({ served, given, step }) => served + given * step)
        : least(open, ({ deliveries, given, weight }) => (deliveries + given) / weight);
    if (next === undefined) break;
    next.given += 1;
  }
  return seats.map(({ given }) => given);
}

function least<Seat>(seats: readonly Seat[], measure: (seat: Seat) => number): Seat | undefined {
  let best: Seat | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const seat of seats) {
    const mine = measure(seat);
    if (mine >= lowest) continue;
    best = seat;
    lowest = mine;
  }
  return best;
}
