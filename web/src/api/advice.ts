/**
 * What to do about an error, for whoever meets it on a page. A message of the API names its fact; this is the next
 * step in the dashboard. Codes without a line speak for themselves.
 */
const advice: Readonly<Record<string, string>> = {
  // A request was refused.
  NETWORK: "Check that the API runs and that this machine reaches it.",
  NOT_ALLOWED: "Ask an administrator of the organization for the role, or to do it for you.",
  NOT_FOUND: "It may have been removed by its retention policy, or belong to another organization.",
  QUERY_LIMIT: "Narrow the filters, or ask for less at once.",
  INTERNAL: "Give the request's id in the message to whoever runs the server; the log has the rest.",
  DATABASE_UNAVAILABLE: "The page tries again by itself; nothing was lost.",
  TOO_MANY_PENDING: "Wait until some jobs have ended, cancel some, or ask the operator for a higher limit.",
  CONFLICT: "Look whether it is there already, then choose another name or key.",

  // A job ended badly.
  TASK_FAILED: "The task's own code threw this. Mend the cause, then retry the job.",
  JOB_TIMEOUT: "The attempt ran longer than the task's timeoutMs. Give it less to do, or the task more time.",
  DEADLINE_EXCEEDED:
    "It waited or ran past its deadline. See whether the organization's share was used up, then run it again.",
  CRASHED:
    "Workers died while they ran it, perhaps out of memory. Look at the worker's log before you retry.",
  DEPENDENCY_FAILED: "A job it depends on did not succeed. Retry that one; this one can be retried after it.",
  CANCELLED: "Someone cancelled it, and what it wrote was rolled back. The audit says who.",
  REPLACED: "A newer job with the same key took its place: nothing to do.",
  JOB_LOST: "Another attempt holds the job. Nothing to do: that attempt ends it.",
  INVALID_PAYLOAD: "The payload does not fit the task's input schema. Run it again with a changed payload.",
  INVALID_RESULT: "The task returned what its output schema forbids. Mend the task, then retry the job.",
  INTERNAL_ADDRESS:
    "A URL leads to an address that is not public. Change the URL, or have the operator allow it.",
  FETCH_FAILED: "An outside service was not there or answered badly. See whether it is up, then retry.",
  MODEL_FAILED: "A model's provider was not there or answered badly. Retry when it is up.",
  MODEL_REFUSED: "The provider refuses the model's key or settings. Mend the model, then retry.",
  UNKNOWN_TASK: "No worker has announced this task. Start a worker that has it, or check the name.",
};

export function adviceFor(code: string): string | undefined {
  return advice[code];
}
