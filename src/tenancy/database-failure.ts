import { isInfrastructureError, RowlockError } from "../sdk/index.ts";

const ours = new WeakSet<object>();

/** Remembers of a rejection that it came over our own connections. */
export async function overOurConnection<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (typeof error === "object" && error !== null) ours.add(error);
    throw error;
  }
}

/**
 * Whether our database or the way to it failed, also when a handler wrapped that error as the cause of its own.
 * A handler's own connections say ECONNREFUSED too: an outside service that is down is no failure of ours, and its
 * attempts count.
 */
export function isDatabaseFailure(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if (
      at instanceof RowlockError
        ? at.code === "DATABASE_UNAVAILABLE"
        : ours.has(at) && isInfrastructureError(at)
    )
      return true;
  }
  return false;
}
