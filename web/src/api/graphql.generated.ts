// Made by `npm run graphql-types` from the .graphql files and the dumped schema.

/** The text of an operation; its types are those of its variables and of its result. */
export type Operation<Result, Variables> = string & { readonly types?: (variables: Variables) => Result };

/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** All input for the `cancelJobs` mutation. */
export type CancelJobsInput = {
  readonly atMost?: number | null | undefined;
  readonly batch?: string | null | undefined;
  /**
   * An arbitrary string value with no semantic meaning. Will be included in the
   * payload verbatim. May be used to track mutations by the client.
   */
  readonly clientMutationId?: string | null | undefined;
  readonly ids?: ReadonlyArray<string | null | undefined> | null | undefined;
  readonly key?: string | null | undefined;
  readonly launchedAfter?: string | null | undefined;
  readonly launchedBefore?: string | null | undefined;
  readonly reason?: string | null | undefined;
  readonly states?: ReadonlyArray<string | null | undefined> | null | undefined;
  readonly tag?: string | null | undefined;
  readonly task?: string | null | undefined;
};

export type LaunchJobInput = {
  /** A batch that is not complete: the job becomes one of it. */
  readonly batchId?: string | null | undefined;
  /** Failed if it has not ended by then. */
  readonly deadline?: string | null | undefined;
  /** Jobs of the organization: this one is blocked until all of them have ended. */
  readonly dependsOn?: ReadonlyArray<string> | null | undefined;
  /** Sent again within 24 hours, the same launch with this key launches nothing and returns the job it launched. */
  readonly idempotencyKey?: string | null | undefined;
  /** What becomes of it when one of those does not succeed: cancel (default) or go on. */
  readonly ifFailed?: string | null | undefined;
  /** Among unfinished jobs of the task one has a key; keyMode says which. */
  readonly key?: string | null | undefined;
  /** keep (default): the unfinished job stays and is returned. replace: while it has not begun, this one takes its place, at its time. debounce: the same, and its time starts anew. */
  readonly keyMode?: string | null | undefined;
  /** Instead of the task's own number, 1 to 100. */
  readonly maxAttempts?: number | null | undefined;
  /** Must fit the task's input schema. An empty object if not given. */
  readonly payload?: unknown;
  /** -100 to 100; lower runs first. */
  readonly priority?: number | null | undefined;
  /** Not before this moment; at most 366 days ahead. */
  readonly runAt?: string | null | undefined;
  /** Words to find the job by: at most 20, each of 1 to 50 characters. */
  readonly tags?: ReadonlyArray<string> | null | undefined;
  /** Name of a task in the catalogue. */
  readonly task: string;
};

/** All input for the `retryJobs` mutation. */
export type RetryJobsInput = {
  readonly atMost?: number | null | undefined;
  readonly batch?: string | null | undefined;
  /**
   * An arbitrary string value with no semantic meaning. Will be included in the
   * payload verbatim. May be used to track mutations by the client.
   */
  readonly clientMutationId?: string | null | undefined;
  readonly errorCode?: string | null | undefined;
  readonly errorFingerprint?: string | null | undefined;
  readonly ids?: ReadonlyArray<string | null | undefined> | null | undefined;
  readonly key?: string | null | undefined;
  readonly launchedAfter?: string | null | undefined;
  readonly launchedBefore?: string | null | undefined;
  readonly states?: ReadonlyArray<string | null | undefined> | null | undefined;
  readonly tag?: string | null | undefined;
  readonly task?: string | null | undefined;
};

export type JobFieldsFragment = { readonly id: string, readonly task: string, readonly state: string, readonly key: string | null, readonly tags: ReadonlyArray<string>, readonly payload: unknown, readonly result: unknown, readonly errorCode: string | null, readonly errorMessage: string | null, readonly errorFingerprint: string | null, readonly progress: number | null, readonly progressNote: string | null, readonly attempt: number, readonly maxAttempts: number, readonly priority: number, readonly source: string, readonly userId: string | null, readonly batchId: string | null, readonly parentId: string | null, readonly createdAt: string, readonly runAt: string, readonly startedAt: string | null, readonly finishedAt: string | null, readonly deadlineAt: string | null, readonly cancelRequestedAt: string | null };

export type JobQueryVariables = Exact<{
  id: string;
}>;


export type JobQuery = { readonly job: { readonly id: string, readonly task: string, readonly state: string, readonly key: string | null, readonly tags: ReadonlyArray<string>, readonly payload: unknown, readonly result: unknown, readonly errorCode: string | null, readonly errorMessage: string | null, readonly errorFingerprint: string | null, readonly progress: number | null, readonly progressNote: string | null, readonly attempt: number, readonly maxAttempts: number, readonly priority: number, readonly source: string, readonly userId: string | null, readonly batchId: string | null, readonly parentId: string | null, readonly createdAt: string, readonly runAt: string, readonly startedAt: string | null, readonly finishedAt: string | null, readonly deadlineAt: string | null, readonly cancelRequestedAt: string | null, readonly dependencies: { readonly nodes: ReadonlyArray<{ readonly ifFailed: string, readonly dependsOnJob: { readonly id: string, readonly task: string, readonly state: string } | null } | null> }, readonly dependants: { readonly nodes: ReadonlyArray<{ readonly job: { readonly id: string, readonly task: string, readonly state: string } | null } | null> } } | null, readonly jobEvents: { readonly totalCount: number, readonly nodes: ReadonlyArray<{ readonly id: string, readonly at: string, readonly kind: string, readonly code: string, readonly message: string, readonly attempt: number } | null> } | null, readonly jobSteps: { readonly nodes: ReadonlyArray<{ readonly name: string, readonly at: string, readonly result: unknown } | null> } | null };

export type RetryJobMutationVariables = Exact<{
  id: string;
}>;


export type RetryJobMutation = { readonly retryJob: { readonly job: { readonly id: string } | null } | null };

export type CancelJobMutationVariables = Exact<{
  id: string;
}>;


export type CancelJobMutation = { readonly cancelJob: { readonly job: { readonly id: string } | null } | null };

export type LaunchJobMutationVariables = Exact<{
  input: LaunchJobInput;
}>;


export type LaunchJobMutation = { readonly launchJob: { readonly job: { readonly id: string } | null } | null };

export type JobRowFragment = { readonly id: string, readonly task: string, readonly state: string, readonly key: string | null, readonly tags: ReadonlyArray<string>, readonly errorCode: string | null, readonly errorMessage: string | null, readonly progress: number | null, readonly progressNote: string | null, readonly attempt: number, readonly createdAt: string, readonly runAt: string, readonly startedAt: string | null, readonly finishedAt: string | null };

export type FindJobsQueryVariables = Exact<{
  text?: string | null | undefined;
  states?: ReadonlyArray<string> | string | null | undefined;
  tasks?: ReadonlyArray<string> | string | null | undefined;
  key?: string | null | undefined;
  tag?: string | null | undefined;
  batchId?: string | null | undefined;
  errorFingerprint?: string | null | undefined;
  launchedAfter?: string | null | undefined;
  launchedBefore?: string | null | undefined;
  before?: string | null | undefined;
  first?: number | null | undefined;
}>;


export type FindJobsQuery = { readonly findJobs: { readonly next: string | null, readonly searchedTo: string | null, readonly jobs: ReadonlyArray<{ readonly id: string, readonly task: string, readonly state: string, readonly key: string | null, readonly tags: ReadonlyArray<string>, readonly errorCode: string | null, readonly errorMessage: string | null, readonly progress: number | null, readonly progressNote: string | null, readonly attempt: number, readonly createdAt: string, readonly runAt: string, readonly startedAt: string | null, readonly finishedAt: string | null }> } | null };

export type CountMatchingJobsQueryVariables = Exact<{
  ids?: ReadonlyArray<string | null | undefined> | string | null | undefined;
  states?: ReadonlyArray<string | null | undefined> | string | null | undefined;
  task?: string | null | undefined;
  key?: string | null | undefined;
  tag?: string | null | undefined;
  batch?: string | null | undefined;
  errorFingerprint?: string | null | undefined;
  launchedAfter?: string | null | undefined;
  launchedBefore?: string | null | undefined;
}>;


export type CountMatchingJobsQuery = { readonly countMatchingJobs: string | null };

export type RetryJobsMutationVariables = Exact<{
  input: RetryJobsInput;
}>;


export type RetryJobsMutation = { readonly retryJobs: { readonly result: { readonly jobs: number } | null } | null };

export type CancelJobsMutationVariables = Exact<{
  input: CancelJobsInput;
}>;


export type CancelJobsMutation = { readonly cancelJobs: { readonly result: { readonly jobs: number } | null } | null };

export type LaunchableTasksQueryVariables = Exact<{ [key: string]: never; }>;


export type LaunchableTasksQuery = { readonly tasks: { readonly nodes: ReadonlyArray<{ readonly name: string, readonly description: string, readonly inputSchema: unknown, readonly launchRole: string } | null> } | null };

export type OverviewQueryVariables = Exact<{
  minutes: number;
}>;


export type OverviewQuery = { readonly overview: { readonly oldestWaitingSeconds: number | null, readonly states: ReadonlyArray<{ readonly state: string, readonly jobs: number }>, readonly perMinute: ReadonlyArray<{ readonly minute: string, readonly succeeded: number, readonly failed: number, readonly cancelled: number }>, readonly wait: { readonly p50: number | null, readonly p95: number | null, readonly p99: number | null }, readonly run: { readonly p50: number | null, readonly p95: number | null, readonly p99: number | null }, readonly errors: ReadonlyArray<{ readonly fingerprint: string, readonly task: string, readonly code: string, readonly message: string | null, readonly jobs: number, readonly lastAt: string, readonly lastJobId: string }> } | null };

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { readonly viewer: { readonly organizationId: string, readonly organizationName: string | null, readonly userId: string | null, readonly email: string | null, readonly name: string | null, readonly role: string, readonly apiKeyId: string | null } | null };

export const JobQueryText = `query Job($id: UUID!) {
  job(id: $id) {
    ...JobFields
    dependencies(first: 100) {
      nodes {
        ifFailed
        dependsOnJob {
          id
          task
          state
        }
      }
    }
    dependants(first: 100) {
      nodes {
        job {
          id
          task
          state
        }
      }
    }
  }
  jobEvents(condition: {jobId: $id}, first: 100, orderBy: [ID_DESC]) {
    totalCount
    nodes {
      id
      at
      kind
      code
      message
      attempt
    }
  }
  jobSteps(condition: {jobId: $id}, first: 100, orderBy: [AT_ASC]) {
    nodes {
      name
      at
      result
    }
  }
}

fragment JobFields on Job {
  id
  task
  state
  key
  tags
  payload
  result
  errorCode
  errorMessage
  errorFingerprint
  progress
  progressNote
  attempt
  maxAttempts
  priority
  source
  userId
  batchId
  parentId
  createdAt
  runAt
  startedAt
  finishedAt
  deadlineAt
  cancelRequestedAt
}` as Operation<JobQuery, JobQueryVariables>;

export const RetryJobMutationText = `mutation RetryJob($id: UUID!) {
  retryJob(input: {id: $id}) {
    job {
      id
    }
  }
}` as Operation<RetryJobMutation, RetryJobMutationVariables>;

export const CancelJobMutationText = `mutation CancelJob($id: UUID!) {
  cancelJob(input: {id: $id}) {
    job {
      id
    }
  }
}` as Operation<CancelJobMutation, CancelJobMutationVariables>;

export const LaunchJobMutationText = `mutation LaunchJob($input: LaunchJobInput!) {
  launchJob(input: $input) {
    job {
      id
    }
  }
}` as Operation<LaunchJobMutation, LaunchJobMutationVariables>;

export const FindJobsQueryText = `query FindJobs($text: String, $states: [String!], $tasks: [String!], $key: String, $tag: String, $batchId: UUID, $errorFingerprint: String, $launchedAfter: Datetime, $launchedBefore: Datetime, $before: String, $first: Int) {
  findJobs(
    text: $text
    states: $states
    tasks: $tasks
    key: $key
    tag: $tag
    batchId: $batchId
    errorFingerprint: $errorFingerprint
    launchedAfter: $launchedAfter
    launchedBefore: $launchedBefore
    before: $before
    first: $first
  ) {
    jobs {
      ...JobRow
    }
    next
    searchedTo
  }
}

fragment JobRow on Job {
  id
  task
  state
  key
  tags
  errorCode
  errorMessage
  progress
  progressNote
  attempt
  createdAt
  runAt
  startedAt
  finishedAt
}` as Operation<FindJobsQuery, FindJobsQueryVariables>;

export const CountMatchingJobsQueryText = `query CountMatchingJobs($ids: [UUID], $states: [String], $task: String, $key: String, $tag: String, $batch: UUID, $errorFingerprint: String, $launchedAfter: Datetime, $launchedBefore: Datetime) {
  countMatchingJobs(
    ids: $ids
    states: $states
    task: $task
    key: $key
    tag: $tag
    batch: $batch
    errorFingerprint: $errorFingerprint
    launchedAfter: $launchedAfter
    launchedBefore: $launchedBefore
  )
}` as Operation<CountMatchingJobsQuery, CountMatchingJobsQueryVariables>;

export const RetryJobsMutationText = `mutation RetryJobs($input: RetryJobsInput!) {
  retryJobs(input: $input) {
    result {
      jobs
    }
  }
}` as Operation<RetryJobsMutation, RetryJobsMutationVariables>;

export const CancelJobsMutationText = `mutation CancelJobs($input: CancelJobsInput!) {
  cancelJobs(input: $input) {
    result {
      jobs
    }
  }
}` as Operation<CancelJobsMutation, CancelJobsMutationVariables>;

export const LaunchableTasksQueryText = `query LaunchableTasks {
  tasks(first: 100, orderBy: [NAME_ASC]) {
    nodes {
      name
      description
      inputSchema
      launchRole
    }
  }
}` as Operation<LaunchableTasksQuery, LaunchableTasksQueryVariables>;

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
