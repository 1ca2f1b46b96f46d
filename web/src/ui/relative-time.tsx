import { createStore, useStore } from "../lib/store.ts";
import { exactTime, relativeTime } from "../lib/time.ts";

/** One clock for all moments shown, so that they move together and a table of them costs one timer. */
const clock = createStore(Date.now());
setInterval(() => clock.set(Date.now()), 1_000);

/** A moment as `3 min ago`; in full on hover and for screen readers of it. Nothing for no moment. */
export function RelativeTime({ at, none = "—" }: { at: string | null | undefined; none?: string }) {
  const now = useStore(clock);
  if (at === null || at === undefined) return none;
  return (
    <time dateTime={at} title={exactTime(at)} style={{ whiteSpace: "nowrap" }}>
      {relativeTime(Date.parse(at), now)}
    </time>
  );
}
