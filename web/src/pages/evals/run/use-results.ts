import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { type RunResultsQuery, RunResultsQueryText } from "../../../api/graphql.generated.ts";
import { send } from "../../../api/hooks.ts";
import { present } from "../../../lib/nodes-of.ts";

const pageSize = 100;

type Results = NonNullable<RunResultsQuery["testRun"]>["testResults"];
export type ResultLine = NonNullable<Results["nodes"][number]>;

/** A run's results in the order of its tests, a page at a time; followed while it is under way. */
export function useResults(id: string, state: string) {
  const query = useInfiniteQuery({
    queryKey: ["run-results", id, state],
    queryFn: ({ pageParam, signal }) =>
      send(
        RunResultsQueryText,
        {
          id,
          first: pageSize,
          after: pageParam,
          filter: state === "" ? undefined : { state: { equalTo: state } },
        },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) =>
      last.testRun?.testResults.pageInfo.hasNextPage === true
        ? String(last.testRun.testResults.pageInfo.endCursor)
        : undefined,
    meta: { live: 1_000 },
    placeholderData: (former) => former,
  });
  const { data } = query;
  const results = useMemo(
    () => (data?.pages ?? []).flatMap((page) => present(page.testRun?.testResults.nodes)),
    [data],
  );
  return { ...query, results };
}
