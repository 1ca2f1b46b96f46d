import type { TenantTransaction } from "../../tenancy/index.ts";
import { ModelError } from "../models/index.ts";
import { mapResponse, parseAnswer, renderRequest } from "../request/index.ts";
import { FetchError, safeFetch } from "../safe-fetch/index.ts";
import { storable } from "./storable.ts";
import type { HttpWork } from "./work.ts";

const maxAnswerBytes = 2_000_000;

/** Statuses after which asking again later may help. */
const passing = new Set([408, 425, 429, 500, 502, 503, 504]);

export type Answer = {
  output: string;
  durationMs: number;
  /** Known of models only. */
  cost?: number | null;
  /** Writes what the answer cost; in the transaction that stores the answer. */
  record?: (tx: TenantTransaction) => Promise<void>;
};

/**
 * Asks the endpoint under test once.
 * @param allow ranges that may be reached although not public
 * @throws FetchError (FETCH_FAILED), RowlockError INTERNAL_ADDRESS or INVALID_ARGUMENT
 */
export async function ask(work: HttpWork, signal: AbortSignal, allow: readonly string[]): Promise<Answer> {
  const request = renderRequest(work.endpoint, { input: work.input });
  const answer = await safeFetch({
    ...request,
    timeoutMs: work.endpoint.timeoutMs,
    maxBytes: maxAnswerBytes,
    signal,
    allow,
  });
  if (answer.status < 200 || answer.status > 299) {
    throw new FetchError("answer", `The endpoint answered with status ${answer.status}.`, {
      httpStatus: answer.status,
    });
  }
  const { output } = await mapResponse(work.endpoint.responsePath, parseAnswer(answer.text));
  return { output: storable(output), durationMs: answer.durationMs };
}

/** Whether asking again may help: network trouble, a time-out, or a status that passes. */
export function mayPass(error: unknown): boolean {
  if (error instanceof ModelError) return error.passing;
  if (!(error instanceof FetchError)) return false;
  if (error.reason === "network" || error.reason === "timeout") return true;
  return error.httpStatus !== null && passing.has(error.httpStatus);
}
