import type { RowlockError } from "../../sdk/index.ts";
import { ModelError } from "../models/index.ts";
import { FetchError } from "../safe-fetch/index.ts";

/** Statuses after which asking again later may help. */
const passing = new Set([408, 429, 502, 503, 504]);
const firstWaitMs = 2_000;

/** An endpoint that asks to be left alone for longer is not called again. */
export const longestWaitMs = 60 * 60_000;

/** Whether asking again may help: network trouble, a time-out, or a status that passes. */
export function mayPass(error: RowlockError): boolean {
  if (error instanceof ModelError) return error.passing;
  if (!(error instanceof FetchError)) return false;
  if (error.reason === "network" || error.reason === "timeout") return true;
  return error.httpStatus !== null && passing.has(error.httpStatus);
}

/**
 * How long to wait after the n-th call: what the endpoint asks for, else 2, 4, 8, … seconds, half of it by chance: tests
 * that failed together must not come back together.
 */
export function waitMsAfter(error: RowlockError, attempt: number): number {
  const asked = error instanceof FetchError || error instanceof ModelError ? error.retryAfterMs : null;
  return asked ?? firstWaitMs * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
}
