import type { APICallError as ApiCallError } from "ai";
import { RowlockError } from "../../sdk/index.ts";
import { FetchError } from "../safe-fetch/index.ts";
import type { Model } from "./model.ts";
import { ModelError } from "./model-error.ts";

const longestWaitMs = 24 * 3_600_000;

/** Turns what a call to a model threw into words and a reason. What is not the provider's doing stays as it is. */
export async function explainFailure(thrown: unknown, model: Model): Promise<unknown> {
  // The SDK wraps what its `fetch` threw, now and then twice.
  const causes = chainOf(thrown);
  const ours = causes.find((error) => error instanceof RowlockError);
  if (ours instanceof FetchError) return ofTransport(ours, model);
  if (ours !== undefined) return ours;
  const { APICallError } = await import("ai");
  const refused = causes.find((error) => APICallError.isInstance(error));
  if (refused !== undefined) return ofStatus(refused, model);
  return thrown;
}

function ofTransport(error: FetchError, model: Model): ModelError {
  const say = (reason: ModelError["reason"]) =>
    new ModelError(reason, `The model "${model.name}": ${error.message}`, { cause: error });
  switch (error.reason) {
    case "timeout":
      return say("timeout");
    case "network":
      // Past the status line it had begun to answer.
      return say(error.httpStatus === null ? "network" : "cut");
    case "redirect":
      return say("setting");
    default:
      return say("answer");
  }
}

function ofStatus(error: ApiCallError, model: Model): ModelError {
  const status = error.statusCode ?? 0;
  const who = `The provider of the model "${model.name}" (${model.provider})`;
  const cause = { cause: error };
  if (status === 429) {
    const retryAfterMs = retryAfter(error.responseHeaders ?? {});
    return new ModelError("busy", `${who} takes no more requests for now (429).`, { retryAfterMs, ...cause });
  }
  if (status === 408 || status === 409 || status === 425 || status >= 500) {
    const retryAfterMs = retryAfter(error.responseHeaders ?? {});
    return new ModelError("server", `${who} answered with status ${status}.`, { retryAfterMs, ...cause });
  }
  // Their text is left out: it may repeat the key.
  if (status === 401 || status === 403) {
    return new ModelError(
      "setting",
      `${who} refused its key (${status}). Give it another: PUT /api/models/${model.id}.`,
      cause,
    );
  }
  if (status >= 400) {
    const said = withoutKey(error.message, model).slice(0, 300);
    return new ModelError("setting", `${who} refused the request (${status}): ${said}`, cause);
  }
  return new ModelError("answer", `${who} gave an answer that is none of its format.`, cause);
}

function withoutKey(text: string, { key }: Model): string {
  return key === null || key === "" ? text : text.replaceAll(key, "***");
}

/** Seconds, milliseconds or a date, as RFC 9110 and the providers have it. */
function retryAfter(headers: Record<string, string>): number | null {
  const exact = Number(headers["retry-after-ms"] ?? Number.NaN);
  const given = headers["retry-after"];
  const ms = Number.isFinite(exact)
    ? exact
    : given === undefined
      ? Number.NaN
      : /^\d+(\.\d+)?$/.test(given.trim())
        ? Number(given) * 1_000
        : Date.parse(given) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(0, Math.round(ms)), longestWaitMs) : null;
}

function chainOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let at = error; at instanceof Error && !chain.includes(at); at = at.cause) chain.push(at);
  return chain;
}
