import { createContext, Script } from "node:vm";

const script = new Script("work()");
/** One for all, since a context costs a millisecond; what runs in it is over before anybody else can use it. */
const context: { work?: () => void } = createContext({});

/**
 * Runs synchronous work of a tenant's making for so long at most: a process shared by all organizations must not hang
 * on it. V8 breaks it off wherever it is. Not to be nested.
 * @throws Error with code ERR_SCRIPT_EXECUTION_TIMEOUT
 */
export function withinTime<T>(ms: number, work: () => T): T {
  let result: { value: T } | undefined;
  context.work = () => {
    result = { value: work() };
  };
  try {
    script.runInContext(context, { timeout: ms });
  } finally {
    delete context.work;
  }
  if (result === undefined) throw new Error("The work did not come to its end.");
  return result.value;
}
