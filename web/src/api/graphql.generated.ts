// Made by `npm run graphql-types` from the .graphql files and the dumped schema.

/** The text of an operation; its types are those of its variables and of its result. */
export type Operation<Result, Variables> = string & { readonly types?: (variables: Variables) => Result };

/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
export type ScheduleFields = {
  /** Ticks that passed while no worker was there: skip, last (default) or all. */
  readonly catchUp?: string | null | undefined;
  readonly enabled?: boolean | null | undefined;
  /** Five fields of cron (minute, hour, day, month, weekday), or @hourly, @daily, @weekly, @monthly, @yearly. */
  readonly expression?: string | null | undefined;
  /** Once in an organization. */
  readonly name?: string | null | undefined;
  /** skip: a tick launches nothing while the job of an earlier one is unfinished. allow: it does. */
  readonly overlap?: string | null | undefined;
  /** Must fit the task's input schema. */
  readonly payload?: unknown;
  readonly priority?: number | null | undefined;
  readonly task?: string | null | undefined;
  /** Such as Europe/Berlin; UTC if not given. */
  readonly timeZone?: string | null | undefined;
};

export type AuditQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
}>;


export type AuditQuery = { readonly auditEntries: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly at: string, readonly userId: string | null, readonly apiKeyId: string | null, readonly operator: string | null, readonly source: string, readonly action: string, readonly subject: string | null, readonly jobId: string | null, readonly before: unknown, readonly after: unknown } | null>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } | null, readonly memberships: { readonly nodes: ReadonlyArray<{ readonly userId: string, readonly user: { readonly email: string } | null } | null> } | null };

export type BatchQueryVariables = Exact<{
  id: string;
}>;


export type BatchQuery = { readonly batch: { readonly id: string, readonly name: string, readonly createdAt: string, readonly completedAt: string | null, readonly onCompleteTask: string | null, readonly onCompleteJobId: string | null, readonly progress: { readonly jobs: string, readonly scheduled: string, readonly blocked: string, readonly waiting: string, readonly queued: string, readonly running: string, readonly succeeded: string, readonly failed: string, readonly cancelled: string } | null } | null };

export type BatchJobsQueryVariables = Exact<{
  batchId: string;
  states?: ReadonlyArray<string> | string | null | undefined;
  before?: string | null | undefined;
}>;


export type BatchJobsQuery = { readonly findJobs: { readonly next: string | null, readonly jobs: ReadonlyArray<{ readonly id: string, readonly task: string, readonly state: string, readonly attempt: number, readonly maxAttempts: number, readonly createdAt: string, readonly startedAt: string | null, readonly finishedAt: string | null, readonly errorCode: string | null }> } | null };

export type BatchEdgesQueryVariables = Exact<{
  ids: ReadonlyArray<string> | string;
}>;


export type BatchEdgesQuery = { readonly a: { readonly nodes: ReadonlyArray<{ readonly jobId: string, readonly dependsOn: string } | null> } | null, readonly b: { readonly nodes: ReadonlyArray<{ readonly jobId: string, readonly dependsOn: string } | null> } | null, readonly c: { readonly nodes: ReadonlyArray<{ readonly jobId: string, readonly dependsOn: string } | null> } | null, readonly d: { readonly nodes: ReadonlyArray<{ readonly jobId: string, readonly dependsOn: string } | null> } | null, readonly e: { readonly nodes: ReadonlyArray<{ readonly jobId: string, readonly dependsOn: string } | null> } | null };

export type BatchUnfinishedQueryVariables = Exact<{
  id: string;
}>;


export type BatchUnfinishedQuery = { readonly countMatchingJobs: string | null };

export type CancelBatchMutationVariables = Exact<{
  id: string;
  atMost: number;
}>;


export type CancelBatchMutation = { readonly cancelJobs: { readonly result: { readonly jobs: number, readonly asked: number } | null } | null };

export type BatchesQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
}>;


export type BatchesQuery = { readonly batches: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string, readonly createdAt: string, readonly completedAt: string | null, readonly progress: { readonly jobs: string, readonly scheduled: string, readonly blocked: string, readonly waiting: string, readonly queued: string, readonly running: string, readonly succeeded: string, readonly failed: string, readonly cancelled: string } | null } | null>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } | null };

export type ApiKeysQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
}>;


export type ApiKeysQuery = { readonly apiKeys: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string, readonly prefix: string, readonly role: string, readonly userId: string, readonly createdAt: string, readonly expiresAt: string | null, readonly revokedAt: string | null } | null>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } | null };

export type CreateApiKeyMutationVariables = Exact<{
  name: string;
  role: string;
  expiresAt?: string | null | undefined;
}>;


export type CreateApiKeyMutation = { readonly createApiKey: { readonly result: { readonly id: string | null, readonly secret: string | null } | null } | null };

export type RevokeApiKeyMutationVariables = Exact<{
  id: string;
}>;


export type RevokeApiKeyMutation = { readonly revokeApiKey: { readonly result: boolean | null } | null };

export type MembersQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
}>;


export type MembersQuery = { readonly memberships: { readonly nodes: ReadonlyArray<{ readonly userId: string, readonly role: string, readonly createdAt: string, readonly user: { readonly email: string, readonly name: string } | null } | null>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } | null };

export type AddMemberMutationVariables = Exact<{
  email: string;
  role: string;
  name?: string | null | undefined;
}>;


export type AddMemberMutation = { readonly addMember: { readonly result: string | null } | null };

export type RemoveMemberMutationVariables = Exact<{
  userId: string;
}>;


export type RemoveMemberMutation = { readonly removeMember: { readonly result: boolean | null } | null };

export type OverviewQueryVariables = Exact<{
  minutes: number;
}>;


export type OverviewQuery = { readonly overview: { readonly oldestWaitingSeconds: number | null, readonly states: ReadonlyArray<{ readonly state: string, readonly jobs: number }>, readonly perMinute: ReadonlyArray<{ readonly minute: string, readonly succeeded: number, readonly failed: number, readonly cancelled: number }>, readonly wait: { readonly p50: number | null, readonly p95: number | null, readonly p99: number | null }, readonly run: { readonly p50: number | null, readonly p95: number | null, readonly p99: number | null }, readonly errors: ReadonlyArray<{ readonly fingerprint: string, readonly task: string, readonly code: string, readonly message: string | null, readonly jobs: number, readonly lastAt: string, readonly lastJobId: string }> } | null };

export type PausesQueryVariables = Exact<{ [key: string]: never; }>;


export type PausesQuery = { readonly pauses: { readonly nodes: ReadonlyArray<{ readonly task: string, readonly reason: string, readonly at: string, readonly userId: string | null } | null> } | null, readonly tasks: { readonly nodes: ReadonlyArray<{ readonly name: string } | null> } | null, readonly memberships: { readonly nodes: ReadonlyArray<{ readonly userId: string, readonly user: { readonly email: string, readonly name: string } | null } | null> } | null };

export type PauseJobsMutationVariables = Exact<{
  task?: string | null | undefined;
  reason?: string | null | undefined;
}>;


export type PauseJobsMutation = { readonly pauseJobs: { readonly pause: { readonly task: string } | null } | null };

export type ResumeJobsMutationVariables = Exact<{
  task?: string | null | undefined;
}>;


export type ResumeJobsMutation = { readonly resumeJobs: { readonly result: boolean | null } | null };

export type SchedulesQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
}>;


export type SchedulesQuery = { readonly schedules: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string, readonly task: string, readonly payload: unknown, readonly expression: string, readonly timeZone: string, readonly catchUp: string, readonly overlap: string, readonly priority: number, readonly enabled: boolean, readonly nextAt: string | null, readonly lastAt: string | null, readonly lastJobId: string | null, readonly errorCode: string | null, readonly errorMessage: string | null } | null>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } | null };

export type ScheduleTasksQueryVariables = Exact<{ [key: string]: never; }>;


export type ScheduleTasksQuery = { readonly tasks: { readonly nodes: ReadonlyArray<{ readonly name: string, readonly description: string, readonly launchRole: string } | null> } | null, readonly more: { readonly nodes: ReadonlyArray<{ readonly name: string, readonly description: string, readonly launchRole: string } | null> } | null };

export type ScheduleTicksQueryVariables = Exact<{
  expression: string;
  timeZone: string;
}>;


export type ScheduleTicksQuery = { readonly scheduleTicks: ReadonlyArray<string> | null };

export type CreateScheduleMutationVariables = Exact<{
  schedule: ScheduleFields;
}>;


export type CreateScheduleMutation = { readonly createSchedule: { readonly schedule: { readonly id: string } | null } | null };

export type UpdateScheduleMutationVariables = Exact<{
  id: string;
  patch: ScheduleFields;
}>;


export type UpdateScheduleMutation = { readonly updateSchedule: { readonly schedule: { readonly id: string } | null } | null };

export type DeleteScheduleMutationVariables = Exact<{
  id: string;
}>;


export type DeleteScheduleMutation = { readonly deleteSchedule: { readonly result: boolean | null } | null };

export type RunScheduleMutationVariables = Exact<{
  id: string;
}>;


export type RunScheduleMutation = { readonly runSchedule: { readonly job: { readonly id: string } | null } | null };

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { readonly viewer: { readonly organizationId: string, readonly organizationName: string | null, readonly userId: string | null, readonly email: string | null, readonly name: string | null, readonly role: string, readonly apiKeyId: string | null } | null };

export const AuditQueryText = `query Audit($first: Int!, $after: Cursor) {
  auditEntries(first: $first, after: $after, orderBy: [PRIMARY_KEY_DESC]) {
    nodes {
      id
      at
      userId
      apiKeyId
      operator
      source
      action
      subject
      jobId
      before
      after
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
  memberships(first: 100) {
    nodes {
      userId
      user {
        email
      }
    }
  }
}` as Operation<AuditQuery, AuditQueryVariables>;

export const BatchQueryText = `query Batch($id: UUID!) {
  batch(id: $id) {
    id
    name
    createdAt
    completedAt
    onCompleteTask
    onCompleteJobId
    progress {
      jobs
      scheduled
      blocked
      waiting
      queued
      running
      succeeded
      failed
      cancelled
    }
  }
}` as Operation<BatchQuery, BatchQueryVariables>;

export const BatchJobsQueryText = `query BatchJobs($batchId: UUID!, $states: [String!], $before: String) {
  findJobs(batchId: $batchId, states: $states, before: $before, first: 100) {
    jobs {
      id
      task
      state
      attempt
      maxAttempts
      createdAt
      startedAt
      finishedAt
      errorCode
    }
    next
  }
}` as Operation<BatchJobsQuery, BatchJobsQueryVariables>;

export const BatchEdgesQueryText = `query BatchEdges($ids: [UUID!]!) {
  a: dependencies(filter: {jobId: {in: $ids}}, first: 100) {
    nodes {
      jobId
      dependsOn
    }
  }
  b: dependencies(filter: {jobId: {in: $ids}}, first: 100, offset: 100) {
    nodes {
      jobId
      dependsOn
    }
  }
  c: dependencies(filter: {jobId: {in: $ids}}, first: 100, offset: 200) {
    nodes {
      jobId
      dependsOn
    }
  }
  d: dependencies(filter: {jobId: {in: $ids}}, first: 100, offset: 300) {
    nodes {
      jobId
      dependsOn
    }
  }
  e: dependencies(filter: {jobId: {in: $ids}}, first: 100, offset: 400) {
    nodes {
      jobId
      dependsOn
    }
  }
}` as Operation<BatchEdgesQuery, BatchEdgesQueryVariables>;

export const BatchUnfinishedQueryText = `query BatchUnfinished($id: UUID!) {
  countMatchingJobs(
    batch: $id
    states: ["scheduled", "blocked", "waiting", "queued", "running"]
  )
}` as Operation<BatchUnfinishedQuery, BatchUnfinishedQueryVariables>;

export const CancelBatchMutationText = `mutation CancelBatch($id: UUID!, $atMost: Int!) {
  cancelJobs(
    input: {batch: $id, states: ["scheduled", "blocked", "waiting", "queued", "running"], atMost: $atMost}
  ) {
    result {
      jobs
      asked
    }
  }
}` as Operation<CancelBatchMutation, CancelBatchMutationVariables>;

export const BatchesQueryText = `query Batches($first: Int!, $after: Cursor) {
  batches(first: $first, after: $after, orderBy: [PRIMARY_KEY_DESC]) {
    nodes {
      id
      name
      createdAt
      completedAt
      progress {
        jobs
        scheduled
        blocked
        waiting
        queued
        running
        succeeded
        failed
        cancelled
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}` as Operation<BatchesQuery, BatchesQueryVariables>;

export const ApiKeysQueryText = `query ApiKeys($first: Int!, $after: Cursor) {
  apiKeys(first: $first, after: $after, orderBy: [PRIMARY_KEY_DESC]) {
    nodes {
      id
      name
      prefix
      role
      userId
      createdAt
      expiresAt
      revokedAt
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}` as Operation<ApiKeysQuery, ApiKeysQueryVariables>;

export const CreateApiKeyMutationText = `mutation CreateApiKey($name: String!, $role: String!, $expiresAt: Datetime) {
  createApiKey(input: {name: $name, role: $role, expiresAt: $expiresAt}) {
    result {
      id
      secret
    }
  }
}` as Operation<CreateApiKeyMutation, CreateApiKeyMutationVariables>;

export const RevokeApiKeyMutationText = `mutation RevokeApiKey($id: UUID!) {
  revokeApiKey(input: {id: $id}) {
    result
  }
}` as Operation<RevokeApiKeyMutation, RevokeApiKeyMutationVariables>;

export const MembersQueryText = `query Members($first: Int!, $after: Cursor) {
  memberships(first: $first, after: $after) {
    nodes {
      userId
      role
      createdAt
      user {
        email
        name
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}` as Operation<MembersQuery, MembersQueryVariables>;

export const AddMemberMutationText = `mutation AddMember($email: String!, $role: String!, $name: String) {
  addMember(input: {email: $email, role: $role, name: $name}) {
    result
  }
}` as Operation<AddMemberMutation, AddMemberMutationVariables>;

export const RemoveMemberMutationText = `mutation RemoveMember($userId: UUID!) {
  removeMember(input: {userId: $userId}) {
    result
  }
}` as Operation<RemoveMemberMutation, RemoveMemberMutationVariables>;

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

export const PausesQueryText = `query Pauses {
  pauses(first: 100) {
    nodes {
      task
      reason
      at
      userId
    }
  }
  tasks(first: 100, orderBy: [NAME_ASC]) {
    nodes {
      name
    }
  }
  memberships(first: 100) {
    nodes {
      userId
      user {
        email
        name
      }
    }
  }
}` as Operation<PausesQuery, PausesQueryVariables>;

export const PauseJobsMutationText = `mutation PauseJobs($task: String, $reason: String) {
  pauseJobs(input: {task: $task, reason: $reason}) {
    pause {
      task
    }
  }
}` as Operation<PauseJobsMutation, PauseJobsMutationVariables>;

export const ResumeJobsMutationText = `mutation ResumeJobs($task: String) {
  resumeJobs(input: {task: $task}) {
    result
  }
}` as Operation<ResumeJobsMutation, ResumeJobsMutationVariables>;

export const SchedulesQueryText = `query Schedules($first: Int!, $after: Cursor) {
  schedules(first: $first, after: $after, orderBy: [NAME_ASC]) {
    nodes {
      id
      name
      task
      payload
      expression
      timeZone
      catchUp
      overlap
      priority
      enabled
      nextAt
      lastAt
      lastJobId
      errorCode
      errorMessage
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}` as Operation<SchedulesQuery, SchedulesQueryVariables>;

export const ScheduleTasksQueryText = `query ScheduleTasks {
  tasks(first: 100, orderBy: [NAME_ASC]) {
    nodes {
      name
      description
      launchRole
    }
  }
  more: tasks(first: 100, offset: 100, orderBy: [NAME_ASC]) {
    nodes {
      name
      description
      launchRole
    }
  }
}` as Operation<ScheduleTasksQuery, ScheduleTasksQueryVariables>;

export const ScheduleTicksQueryText = `query ScheduleTicks($expression: String!, $timeZone: String!) {
  scheduleTicks(expression: $expression, timeZone: $timeZone, first: 5)
}` as Operation<ScheduleTicksQuery, ScheduleTicksQueryVariables>;

export const CreateScheduleMutationText = `mutation CreateSchedule($schedule: ScheduleFields!) {
  createSchedule(input: {schedule: $schedule}) {
    schedule {
      id
    }
  }
}` as Operation<CreateScheduleMutation, CreateScheduleMutationVariables>;

export const UpdateScheduleMutationText = `mutation UpdateSchedule($id: UUID!, $patch: ScheduleFields!) {
  updateSchedule(input: {id: $id, patch: $patch}) {
    schedule {
      id
    }
  }
}` as Operation<UpdateScheduleMutation, UpdateScheduleMutationVariables>;

export const DeleteScheduleMutationText = `mutation DeleteSchedule($id: UUID!) {
  deleteSchedule(input: {id: $id}) {
    result
  }
}` as Operation<DeleteScheduleMutation, DeleteScheduleMutationVariables>;

export const RunScheduleMutationText = `mutation RunSchedule($id: UUID!) {
  runSchedule(input: {id: $id}) {
    job {
      id
    }
  }
}` as Operation<RunScheduleMutation, RunScheduleMutationVariables>;

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
