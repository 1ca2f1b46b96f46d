import { RowlockError } from "../sdk/index.ts";

export type Concurrency<Payload> = {
  /**
   * The part of the payload that is the key: `(payload) => payload.endpointId`. Called once, when the task is defined,
   * to learn where the key stands, so that a launch from SQL finds it too; hence it may name a property, of any depth,
   * and compute nothing.
   */
  key: (payload: Payload) => string | number | boolean | null | undefined;
  limit: number;
};

/**
 * Where the key stands in a payload.
 * @throws RowlockError INVALID_ARGUMENT when the function does anything else than name a property
 */
export function readPath<Payload>(task: string, key: Concurrency<Payload>["key"]): string[] {
  const paths = new WeakMap<object, string[]>();
  const at = (path: string[]): object => {
    const place = new Proxy(Object.freeze({}), {
      get(_target, name) {
        if (typeof name === "symbol") throw computes(task);
        return at([...path, name]);
      },
      has: () => {
        throw computes(task);
      },
      ownKeys: () => {
        throw computes(task);
      },
    });
    paths.set(place, path);
    return place;
  };
  let found: unknown;
  try {
    found = key(at([]) as Payload);
  } catch (cause) {
    throw cause instanceof RowlockError ? cause : computes(task, cause);
  }
  const path = typeof found === "object" && found !== null ? paths.get(found) : undefined;
  if (path === undefined || path.length === 0) throw computes(task);
  return path;
}

function computes(task: string, cause?: unknown): RowlockError {
  return new RowlockError(
    "INVALID_ARGUMENT",
    `Task "${task}": concurrency.key must name one property of the payload, as (payload) => payload.endpointId does, and compute nothing.`,
    { cause },
  );
}
