// Made by `npm run graphql-types` from the .graphql files and the dumped schema.

/** The text of an operation; its types are those of its variables and of its result. */
export type Operation<Result, Variables> = string & { readonly types?: (variables: Variables) => Result };

/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
export type OverviewQueryVariables = Exact<{
  minutes: number;
}>;


export type OverviewQuery = { readonly overview: { readonly oldestWaitingSeconds: number | null, readonly states: ReadonlyArray<{ readonly state: string, readonly jobs: number }>, readonly perMinute: ReadonlyArray<{ readonly minute: string, readonly succeeded: number, readonly failed: number, readonly cancelled: number }>, readonly wait: { readonly p50: number | null, readonly p95: number | null, readonly p99: number | null }, readonly run: { readonly p50: number | null, readonly p95: number | null, readonly p99: number | null }, readonly errors: ReadonlyArray<{ readonly fingerprint: string, readonly task: string, readonly code: string, readonly message: string | null, readonly jobs: number, readonly lastAt: string, readonly lastJobId: string }> } | null };

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { readonly viewer: { readonly organizationId: string, readonly organizationName: string | null, readonly userId: string | null, readonly email: string | null, readonly name: string | null, readonly role: string, readonly apiKeyId: string | null } | null };

export const OverviewQueryText = `query Overview($minutes: Int!) {
  overview(minutes: $minutes) {
    states {
      state
      jobs
    }
    perMinute {
      minute
      succeeded
      failed
      cancelled
    }
    wait {
      p50
      p95
      p99
    }
    run {
      p50
      p95
      p99
    }
    oldestWaitingSeconds
    errors {
      fingerprint
      task
      code
      message
      jobs
      lastAt
      lastJobId
    }
  }
}` as Operation<OverviewQuery, OverviewQueryVariables>;

export const ViewerQueryText = `query Viewer {
  viewer {
    organizationId
    organizationName
    userId
    email
    name
    role
    apiKeyId
  }
}` as Operation<ViewerQuery, ViewerQueryVariables>;
