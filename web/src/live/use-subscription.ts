import { useEffect, useState } from "react";
import { ApiError, toApiError } from "../api/api-error.ts";
import { readError } from "../api/read-errors.ts";
import type { OperationText } from "../api/send.ts";
import { useStore } from "../lib/store.ts";
import { liveClient, liveStore } from "./live.ts";

export type Heard<Result> = { data: Result | undefined; error: ApiError | undefined };

/** The latest that a subscription said. While the page is paused it listens to nothing. */
export function useSubscription<Result, Variables extends Record<string, unknown>>(
  text: OperationText<Result, Variables>,
  variables: Variables,
  { enabled = true }: { enabled?: boolean } = {},
): Heard<Result> {
  const [heard, setHeard] = useState<Heard<Result>>({ data: undefined, error: undefined });
  const { paused } = useStore(liveStore);
  const asked = JSON.stringify(variables);
  useEffect(() => {
    const client = liveClient();
    if (!enabled || paused || client === undefined) return undefined;
    return client.subscribe<Result>(
      { query: text, variables: JSON.parse(asked) as Variables },
      {
        next: (answer) => {
          const error = readError(answer);
          setHeard((former) => ({ data: answer.data ?? former.data, error }));
        },
        error: (error) =>
          setHeard((former) => ({
            ...former,
            error:
              readError({ errors: error }) ?? toApiError(new ApiError("NETWORK", "The live link is cut.")),
          })),
        complete: () => undefined,
      },
    );
  }, [text, asked, enabled, paused]);
  return heard;
}
