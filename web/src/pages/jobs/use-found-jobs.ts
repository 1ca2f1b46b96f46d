import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { ApiError } from "../../api/api-error.ts";
import {
  type FindJobsQuery,
  FindJobsQueryText,
  type FindJobsQueryVariables,
} from "../../api/graphql.generated.ts";
import { send } from "../../api/hooks.ts";

export type FoundJob = NonNullable<FindJobsQuery["findJobs"]>["jobs"][number];

const pageSize = 100;

/** The jobs that fit, newest first, page by page; read again as jobs change. */
export function useFoundJobs(variables: FindJobsQueryVariables) {
  const query = useInfiniteQuery<
    FindJobsQuery,
    ApiError,
    { pages: FindJobsQuery[]; pageParams: unknown[] },
    readonly unknown[],
    string | undefined
  >({
    queryKey: ["/graphql", FindJobsQueryText, variables],
    queryFn: ({ pageParam, signal }) =>
      send(
        FindJobsQueryText,
        { ...variables, first: pageSize, ...(pageParam === undefined ? {} : { before: pageParam }) },
        signal,
      ),
    initialPageParam: undefined,
    getNextPageParam: ({ findJobs }) => findJobs?.next ?? undefined,
    meta: { live: 1_000 },
    placeholderData: (former) => former,
  });
  const { data } = query;
  const jobs = useMemo(() => {
    const seen = new Map<string, FoundJob>();
    for (const { findJobs } of data?.pages ?? [])
      for (const job of findJobs?.jobs ?? []) seen.set(job.id, job);
    return [...seen.values()];
  }, [data]);
  return { ...query, jobs, searchedTo: data?.pages.at(-1)?.findJobs?.searchedTo ?? undefined };
}
