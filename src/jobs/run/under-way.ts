/** The attempts of this process, by job: whoever hears that one is cancelled finds its handler here. */
const attempts = new Map<string, Cancellable>();
type Cancellable = { cancel(): void };

export function enter(jobId: string, attempt: Cancellable): void {
  attempts.set(jobId, attempt);
}

export function leave(jobId: string, attempt: Cancellable): void {
  if (attempts.get(jobId) === attempt) attempts.delete(jobId);
}

/** Tells the job's handler to stop, if it is run here; what it wrote is rolled back and the job ends as cancelled. */
export function stopCancelled(jobId: string): void {
  attempts.get(jobId)?.cancel();
}

export function jobsUnderWay(): string[] {
  return [...attempts.keys()];
}
