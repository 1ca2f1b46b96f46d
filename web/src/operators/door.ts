import { useDoorMutation, useDoorQuery } from "../api/hooks.ts";
import type { OperationText } from "../api/send.ts";
import { createCredential } from "../session/credential.ts";

/** The operator who looks: all organizations, none of what is in their jobs. */
export const operatorCredential = createCredential("rowlock.operator");

const door = { path: "/ops/graphql", credential: operatorCredential };

/** Reads as the operator who is signed in, and again every two seconds. */
export function useOperatorQuery<Result, Variables>(
  text: OperationText<Result, Variables>,
  variables: NoInfer<Variables>,
) {
  return useDoorQuery(door, text, variables, { live: 1_500, keep: true });
}

/** Writes as the operator who is signed in. */
export function useOperatorMutation<Result, Variables>(text: OperationText<Result, Variables>) {
  return useDoorMutation(door, text);
}
