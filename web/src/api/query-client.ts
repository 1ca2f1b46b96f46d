import { QueryClient } from "@tanstack/react-query";
import { toApiError } from "./api-error.ts";

/** One for the page; `clear` it when another signs in. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 1_000,
      // What the API refused it refuses again; only a way that is cut may be whole in a moment.
      retry: (count, error) => toApiError(error).mayPass && count < 3,
      refetchOnWindowFocus: true,
    },
  },
});

/** Forgets what was read by whoever was signed in: all but what is marked as anybody's. */
export function forgetAnswers(): void {
  queryClient.removeQueries({ predicate: ({ meta }) => meta?.anybodys !== true });
}
