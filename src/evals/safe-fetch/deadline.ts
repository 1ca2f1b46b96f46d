/** One time limit over several waits, joined with a caller's own signal. Dispose it, or its timer stays. */
export type Deadline = Disposable & {
  timeoutMs: number;
  signal: AbortSignal;
  expired(): boolean;
  abortedByCaller(): boolean;
};

/** By hand and not by AbortSignal.any: a job's signal lives long and would collect a dependent signal per call. */
export function startDeadline(timeoutMs: number, caller: AbortSignal | undefined): Deadline {
  caller?.throwIfAborted();
  const controller = new AbortController();
  let end: "expired" | "caller" | null = null;
  const stop = (why: "expired" | "caller", reason?: unknown) => {
    end ??= why;
    controller.abort(reason);
  };
  const timer = setTimeout(() => stop("expired"), timeoutMs);
  const onAbort = () => stop("caller", caller?.reason);
  caller?.addEventListener("abort", onAbort, { once: true });
  return {
    timeoutMs,
    signal: controller.signal,
    expired: () => end === "expired",
    abortedByCaller: () => end === "caller",
    [Symbol.dispose]() {
      clearTimeout(timer);
      caller?.removeEventListener("abort", onAbort);
    },
  };
}
