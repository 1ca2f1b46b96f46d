import {
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { memberCredential } from "../session/member.ts";
import { type ApiError, toApiError } from "./api-error.ts";
import type { Door } from "./door.ts";
import { type OperationText, sendGraphql } from "./send.ts";

export type QueryOptions = {
  /** Asked only when true (the default). */
  enabled?: boolean;
  /** Asked again when jobs change; a number: at most once in so many ms. */
  live?: boolean | number;
  /** Shows the former answer while one for other variables is on its way. */
  keep?: boolean;
};

/** What members ask. */
const memberDoor: Door = { path: "/graphql", credential: memberCredential };

/** Sends an operation through a door. A refusal that ends the session signs out and says why. */
export async function sendThrough<Result, Variables>(
  { path, credential }: Door,
  text: OperationText<Result, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Result> {
  try {
    return await sendGraphql(path, credential.get().token ?? "", text, variables, signal);
  } catch (error) {
    const told = toApiError(error);
    if (told.endsSession) credential.signOut(told.message);
    throw error;
  }
}

/** Reads through a door. The answer is kept under the operation's text and variables. */
export function useDoorQuery<Result, Variables>(
  door: Door,
  text: OperationText<Result, Variables>,
  variables: NoInfer<Variables>,
  { enabled = true, live = false, keep = false }: QueryOptions = {},
): UseQueryResult<Result, ApiError> {
  return useQuery<Result, ApiError>({
    queryKey: [door.path, text, variables],
    queryFn: ({ signal }) => sendThrough(door, text, variables, signal),
    enabled,
    meta: { live: live === true ? 500 : live },
    ...(keep ? { placeholderData: (former: unknown) => former as never } : {}),
  });
}

/** Writes through a door; afterwards everything shown is read again. */
export function useDoorMutation<Result, Variables>(
  door: Door,
  text: OperationText<Result, Variables>,
): UseMutationResult<Result, ApiError, Variables> {
  const client = useQueryClient();
  return useMutation<Result, ApiError, Variables>({
    mutationFn: (variables) => sendThrough(door, text, variables),
    onSuccess: () => client.invalidateQueries(),
  });
}

/** Sends an operation as the member who is signed in, outside of hooks. */
export function send<Result, Variables>(
  text: OperationText<Result, Variables>,
  variables: NoInfer<Variables>,
  signal?: AbortSignal,
): Promise<Result> {
  return sendThrough(memberDoor, text, variables, signal);
}

/** Reads as the member who is signed in. */
export function useQueryOf<Result, Variables>(
  text: OperationText<Result, Variables>,
  variables: NoInfer<Variables>,
  options: QueryOptions = {},
): UseQueryResult<Result, ApiError> {
  return useDoorQuery(memberDoor, text, variables, options);
}

/** Writes as the member who is signed in. */
export function useMutationOf<Result, Variables>(
  text: OperationText<Result, Variables>,
): UseMutationResult<Result, ApiError, Variables> {
  return useDoorMutation(memberDoor, text);
}
