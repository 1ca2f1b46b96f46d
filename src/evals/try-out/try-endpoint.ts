import { z } from "zod";
import { Discard, type LongContext } from "../../jobs/index.ts";
import { RowlockError } from "../../sdk/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { callEndpoint } from "../call/index.ts";
import { endpointUnderTest } from "../run/endpoint-under-test.ts";
import { type Call, openCall } from "../run/open-call.ts";
import type { KeyRing } from "../secrets/index.ts";
import { showAnswer, showMapped, showRequest, type Tried } from "./tried.ts";
import { tryModel } from "./try-model.ts";

export const tryInput = z.object({ endpointId: z.uuid(), input: z.string().min(1).max(100_000) });

/** Somebody waits for it. */
const longestCallMs = 60_000;

/** Calls an endpoint once, as a run would, and stores nothing but what is returned and, of a model, what it cost. */
export async function tryEndpoint(
  context: LongContext,
  { endpointId, input }: z.output<typeof tryInput>,
  { allow, ring }: { allow: readonly string[]; ring: KeyRing },
): Promise<Tried> {
  const shown: Tried = { request: null, response: null, result: null, error: null };
  try {
    const call = await context.transaction((tx) => open(tx, ring, endpointId));
    if ("model" in call) {
      const { model, endpoint } = call;
      const timeoutMs = Math.min(model.timeoutMs, longestCallMs);
      await tryModel(
        context,
        shown,
        { model: { ...model, timeoutMs }, requestTemplate: endpoint.requestTemplate, input },
        allow,
      );
    } else await tryByHttp(context, shown, { ...call, input }, allow);
  } catch (error) {
    if (context.signal.aborted || error instanceof Discard || !(error instanceof RowlockError)) throw error;
    shown.error = { code: error.code, message: error.message };
  }
  return shown;
}

async function open(tx: TenantTransaction, ring: KeyRing, endpointId: string): Promise<Call> {
  const { rows } = await tx.query<{ settings: unknown }>(
    "select evals.endpoint_settings(e) as settings from evals.endpoints e where e.id = $1",
    [endpointId],
  );
  if (rows[0] === undefined) throw new Discard(`There is no endpoint ${endpointId}.`, "NOT_FOUND");
  return await openCall(tx, ring, endpointUnderTest.parse(rows[0].settings));
}

async function tryByHttp(
  { job: { organizationId }, signal }: LongContext,
  shown: Tried,
  { endpoint, credentials, input }: Exclude<Call, { model: unknown }> & { input: string },
  allow: readonly string[],
): Promise<void> {
  const answer = await callEndpoint({
    endpoint: { ...endpoint, timeoutMs: Math.min(endpoint.timeoutMs, longestCallMs) },
    credentials,
    organizationId,
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
}
