import type { ReactNode } from "react";
import { ErrorState, LoadingState } from "./states.tsx";

/**
 * What a query has answered, above it what went wrong when it was asked again; that it is being read until then.
 * `what` is read: `the schedules`.
 */
export function Answer<Data>(props: {
  query: { data: Data | undefined; error: unknown; refetch(): unknown };
  what: string;
  children: (data: Data) => ReactNode;
}) {
  const { query, what, children } = props;
  const { data, error, refetch } = query;
  return (
    <>
      {error === null ? null : <ErrorState error={error} retry={() => void refetch()} />}
      {data === undefined ? error === null ? <LoadingState what={what} /> : null : children(data)}
    </>
  );
}
