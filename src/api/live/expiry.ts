/** A timer reaches no further than some 25 days. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Calls `over` at a moment, however far off it is.
 * @param at in milliseconds; undefined: never
 * @returns what takes it back
 */
export function callAt(at: number | undefined, over: () => void): () => void {
  if (at === undefined) return () => undefined;
  let timer: NodeJS.Timeout;
  const arm = () => {
    const leftMs = at - Date.now();
    const waitMs = Math.min(longestTimerMs, Math.max(0, leftMs));
    timer = setTimeout(leftMs > longestTimerMs ? arm : over, waitMs).unref();
  };
  arm();
  return () => clearTimeout(timer);
}
