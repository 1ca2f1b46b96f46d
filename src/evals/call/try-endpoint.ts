import { z } from "zod";
import { Discard, type LongContext } from "../../jobs/index.ts";
import { RowlockError } from "../../sdk/index.ts";
import { endpointSettings } from "../request/index.ts";
import type { KeyRing } from "../secrets/index.ts";
import { callEndpoint } from "./call-endpoint.ts";
import { openCredentials } from "./credentials.ts";
import { showAnswer, showMapped, showRequest, type Tried } from "./tried.ts";

export const tryInput = z.object({ endpointId: z.uuid(), input: z.string().min(1).max(100_000) });

/** Somebody waits for it. */
const longestCallMs = 60_000;

/** Calls an endpoint once, as a run would, and stores nothing but what is returned. */
export async function tryEndpoint(
  { job, transaction, signal }: LongContext,
  { endpointId, input }: z.output<typeof tryInput>,
  { allow, ring }: { allow: readonly string[]; ring: KeyRing },
): Promise<Tried> {
  const { endpoint, credentials } = await transaction(async (tx) => {
    const { rows } = await tx.query<{ settings: unknown }>(
      "select evals.endpoint_settings(e) as settings from evals.endpoints e where e.id = $1",
      [endpointId],
    );
    if (rows[0] === undefined) throw new Discard(`There is no endpoint ${endpointId}.`, "NOT_FOUND");
    const known = endpointSettings.parse(rows[0].settings);
    return { endpoint: known, credentials: await openCredentials(tx, ring, known) };
  });
  const shown: Tried = { request: null, response: null, result: null, error: null };
  try {
    const answer = await callEndpoint({
      endpoint: { ...endpoint, timeoutMs: Math.min(endpoint.timeoutMs, longestCallMs) },
      credentials,
      organizationId: job.organizationId,
      input,
      signal,
      allow,
      watch: {
        sent: (request) => {
          shown.request = showRequest(request);
        },
        answered: (received) => {
          shown.response = showAnswer(received);
        },
      },
    });
    shown.result = showMapped(answer);
  } catch (error) {
    if (signal.aborted || !(error instanceof RowlockError)) throw error;
    shown.error = { code: error.code, message: error.message };
  }
  return shown;
}
