import { type UseMutationResult, useMutation, useQueryClient } from "@tanstack/react-query";
import { type ApiError, toApiError } from "../../../api/api-error.ts";
import { sendJson } from "../../../api/send.ts";
import { memberCredential } from "../../../session/member.ts";

export type RestRequest = { method: "POST" | "PUT" | "DELETE"; path: string; json?: unknown };

/** Writes through a route of `/api`, whose issues name the very fields of the body; afterwards everything shown is read again. */
export function useRest<Result = { id: string }>(): UseMutationResult<Result, ApiError, RestRequest> {
  const client = useQueryClient();
  return useMutation<Result, ApiError, RestRequest>({
    mutationFn: async ({ method, path, json }) => {
      try {
        const { token } = memberCredential.get();
        return (await sendJson(method, `/api${path}`, token ?? "", json)) as Result;
      } catch (error) {
        const told = toApiError(error);
        if (told.endsSession) memberCredential.signOut(told.message);
        throw told;
      }
    },
    onSuccess: () => client.invalidateQueries(),
  });
}
