import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { RowlockError } from "../sdk/index.ts";
import type { Operator, Principal } from "../tenancy/index.ts";

/** What is known of the request being answered; follows it through every await. */
export type RequestScope = {
  readonly id: string;
  member?: Principal;
  operator?: Operator;
  /** Jobs that it launched or changed, if whoever answers it knows; else whoever watches the organization looks again. */
  changed?: readonly string[];
  /** Set by a GraphQL error that concerns the whole request: the HTTP status it deserves. */
  graphqlStatus?: number;
};

const scopes = new AsyncLocalStorage<RequestScope>();
const byRequest = new WeakMap<IncomingMessage, RequestScope>();

/** Opens a request's scope and runs the rest of its way within. */
export function enterRequest(request: IncomingMessage, next: (scope: RequestScope) => void): void {
  const scope: RequestScope = { id: randomUUID() };
  byRequest.set(request, scope);
  scopes.run(scope, next, scope);
}

/** The scope of the request being answered here; undefined outside of one. */
export function currentRequest(): RequestScope | undefined {
  return scopes.getStore();
}

export function scopeOf(request: IncomingMessage): RequestScope | undefined {
  return byRequest.get(request);
}

/**
 * Who sent a request.
 * @throws RowlockError UNAUTHENTICATED when authentication has not run for it
 */
export function memberOf(request: IncomingMessage): Principal {
  const member = byRequest.get(request)?.member;
  if (member === undefined) {
    throw new RowlockError("UNAUTHENTICATED", "The request carries no credentials. Sign in.");
  }
  return member;
}

/** Notes which jobs the request being answered has launched, or that SQL has told of all it changed: none. */
export function noteChanged(ids: readonly string[]): void {
  const scope = scopes.getStore();
  if (scope !== undefined) scope.changed = [...(scope.changed ?? []), ...ids];
}
