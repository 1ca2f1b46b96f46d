import { RowlockError } from "../../sdk/index.ts";
import type { Deadline } from "./deadline.ts";
import { FetchError } from "./fetch-error.ts";

/** What went wrong with a call, in words a tenant may read; the caller's own abort as its reason. */
export function explain(
  error: unknown,
  { deadline, status, host }: { deadline: Deadline; status: number | null; host: string },
): unknown {
  if (deadline.abortedByCaller()) return deadline.signal.reason;
  if (error instanceof RowlockError) return error;
  const detail = { httpStatus: status, cause: error };
  if (deadline.expired()) {
    return new FetchError("timeout", `${host} did not answer within ${deadline.timeoutMs} ms.`, detail);
  }
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  if (code === "UND_ERR_CONNECT_TIMEOUT") {
    return new FetchError("timeout", `${host} did not accept a connection within 10 s.`, detail);
  }
  if (/^(Z_|ERR_BROTLI|ERR__ERROR)/.test(code)) {
    return new FetchError("encoding", `The answer of ${host} is not packed as it says (${code}).`, detail);
  }
  return new FetchError(
    "network",
    `${host} could not be reached or broke off${code === "" ? "" : ` (${code})`}.`,
    detail,
  );
}
