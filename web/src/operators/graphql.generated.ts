// Made by `npm run graphql-types` from the .graphql files and the dumped schema.

/** The text of an operation; its types are those of its variables and of its result. */
export type Operation<Result, Variables> = string & { readonly types?: (variables: Variables) => Result };

/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** An interval of time that has passed where the smallest distinct unit is a second. */
export type IntervalInput = {
  /** A quantity of days. */
  readonly days?: number | null | undefined;
  /** A quantity of hours. */
  readonly hours?: number | null | undefined;
  /** A quantity of minutes. */
  readonly minutes?: number | null | undefined;
  /** A quantity of months. */
  readonly months?: number | null | undefined;
  /**
   * A quantity of seconds. This is the only non-integer field, as all the other
   * fields will dump their overflow into a smaller unit of time. Intervals don’t
   * have a smaller unit than seconds.
   */
  readonly seconds?: number | null | undefined;
  /** A quantity of years. */
  readonly years?: number | null | undefined;
};

/** An input for mutations affecting `Policy` */
export type PolicyInput = {
  /** Most unfinished jobs; a launch of more is refused with TOO_MANY_PENDING. */
  readonly maxPending?: number | null | undefined;
  /** Most jobs in flight at once. */
  readonly maxRunning?: number | null | undefined;
  readonly organizationId: string;
  /** Nothing is handed over; what was goes on. */
  readonly paused?: boolean | null | undefined;
  /** Most jobs begun in each interval of rate_ms. */
  readonly rateJobs?: number | null | undefined;
  /** The interval of rate_jobs, in milliseconds. */
  readonly rateMs?: number | null | undefined;
  /** How long ended jobs are kept, from their launch on; null: until whole periods are dropped. */
  readonly retention?: IntervalInput | null | undefined;
  /** Share beside others while there is more to do than hands. */
  readonly weight?: number | null | undefined;
};

/** Represents an update to a `Policy`. Fields that are set will be updated. */
export type PolicyPatch = {
  /** Most unfinished jobs; a launch of more is refused with TOO_MANY_PENDING. */
  readonly maxPending?: number | null | undefined;
  /** Most jobs in flight at once. */
  readonly maxRunning?: number | null | undefined;
  /** Nothing is handed over; what was goes on. */
  readonly paused?: boolean | null | undefined;
  /** Most jobs begun in each interval of rate_ms. */
  readonly rateJobs?: number | null | undefined;
  /** The interval of rate_jobs, in milliseconds. */
  readonly rateMs?: number | null | undefined;
  /** How long ended jobs are kept, from their launch on; null: until whole periods are dropped. */
  readonly retention?: IntervalInput | null | undefined;
  /** Share beside others while there is more to do than hands. */
  readonly weight?: number | null | undefined;
};

/** An input for mutations affecting `TaskPolicy` */
export type TaskPolicyInput = {
  /** Most jobs in flight at once. */
  readonly maxRunning?: number | null | undefined;
  /** Nothing is handed over; what was goes on. */
  readonly paused?: boolean | null | undefined;
  /** Most jobs begun in each interval of rate_ms. */
  readonly rateJobs?: number | null | undefined;
  /** The interval of rate_jobs, in milliseconds. */
  readonly rateMs?: number | null | undefined;
  readonly task: string;
};

/** Represents an update to a `TaskPolicy`. Fields that are set will be updated. */
export type TaskPolicyPatch = {
  /** Most jobs in flight at once. */
  readonly maxRunning?: number | null | undefined;
  /** Nothing is handed over; what was goes on. */
  readonly paused?: boolean | null | undefined;
  /** Most jobs begun in each interval of rate_ms. */
  readonly rateJobs?: number | null | undefined;
  /** The interval of rate_jobs, in milliseconds. */
  readonly rateMs?: number | null | undefined;
};

export type OperatorSignInQueryVariables = Exact<{ [key: string]: never; }>;


export type OperatorSignInQuery = { readonly workers: { readonly nodes: ReadonlyArray<{ readonly id: string | null } | null> } | null };

export type OrganizationSharesQueryVariables = Exact<{
  search?: string | null | undefined;
  after?: string | null | undefined;
}>;


export type OrganizationSharesQuery = { readonly organizationShares: { readonly nodes: ReadonlyArray<{ readonly organizationId: string | null, readonly name: string | null, readonly weight: number | null, readonly inFlight: number | null, readonly waiting: number | null, readonly scheduled: number | null, readonly oldestWaitingSeconds: number | null, readonly used: number | null, readonly due: number | null, readonly paused: boolean | null, readonly ownPaused: boolean | null, readonly ownPausedTasks: ReadonlyArray<string | null> | null, readonly maxRunning: number | null, readonly rateJobs: number | null, readonly rateMs: number | null } | null> } | null };

export type OrganizationPolicyQueryVariables = Exact<{
  id: string;
}>;


export type OrganizationPolicyQuery = { readonly organizationShares: { readonly nodes: ReadonlyArray<{ readonly organizationId: string | null, readonly name: string | null, readonly weight: number | null, readonly inFlight: number | null, readonly waiting: number | null, readonly scheduled: number | null, readonly oldestWaitingSeconds: number | null, readonly used: number | null, readonly due: number | null, readonly paused: boolean | null, readonly ownPaused: boolean | null, readonly ownPausedTasks: ReadonlyArray<string | null> | null } | null> } | null, readonly policy: { readonly weight: number, readonly maxRunning: number | null, readonly rateJobs: number | null, readonly rateMs: number | null, readonly maxPending: number | null, readonly paused: boolean, readonly updatedAt: string, readonly retention: { readonly years: number | null, readonly months: number | null, readonly days: number | null, readonly hours: number | null, readonly minutes: number | null } | null } | null };

export type CreatePolicyMutationVariables = Exact<{
  policy: PolicyInput;
}>;


export type CreatePolicyMutation = { readonly createPolicy: { readonly policy: { readonly updatedAt: string } | null } | null };

export type UpdatePolicyMutationVariables = Exact<{
  id: string;
  patch: PolicyPatch;
}>;


export type UpdatePolicyMutation = { readonly updatePolicy: { readonly policy: { readonly updatedAt: string } | null } | null };

export type TaskPoliciesQueryVariables = Exact<{ [key: string]: never; }>;


export type TaskPoliciesQuery = { readonly taskPolicies: { readonly nodes: ReadonlyArray<{ readonly task: string, readonly maxRunning: number | null, readonly rateJobs: number | null, readonly rateMs: number | null, readonly paused: boolean, readonly updatedAt: string } | null> } | null };

export type CreateTaskPolicyMutationVariables = Exact<{
  policy: TaskPolicyInput;
}>;


export type CreateTaskPolicyMutation = { readonly createTaskPolicy: { readonly taskPolicy: { readonly task: string } | null } | null };

export type UpdateTaskPolicyMutationVariables = Exact<{
  task: string;
  patch: TaskPolicyPatch;
}>;


export type UpdateTaskPolicyMutation = { readonly updateTaskPolicy: { readonly taskPolicy: { readonly task: string } | null } | null };

export type WorkersQueryVariables = Exact<{ [key: string]: never; }>;


export type WorkersQuery = { readonly workers: { readonly nodes: ReadonlyArray<{ readonly id: string | null, readonly host: string | null, readonly pid: number | null, readonly version: string | null, readonly concurrency: number | null, readonly running: number | null, readonly alive: boolean | null, readonly startedAt: string | null, readonly seenAt: string | null, readonly polledAt: string | null, readonly poolWaiting: number | null, readonly holds: ReadonlyArray<{ readonly jobId: string | null, readonly organizationId: string | null, readonly task: string | null, readonly state: string | null, readonly attempt: number | null, readonly since: string | null } | null> | null } | null> } | null };

export type DatabaseHealthQueryVariables = Exact<{ [key: string]: never; }>;


export type DatabaseHealthQuery = { readonly databaseHealth: { readonly complete: boolean | null, readonly liveRows: string | null, readonly deadRows: string | null, readonly bytes: string | null, readonly maxConnections: number | null, readonly lockWaits: number | null, readonly tables: ReadonlyArray<{ readonly name: string | null, readonly partitions: number | null, readonly liveRows: string | null, readonly deadRows: string | null, readonly bytes: string | null, readonly lastAutovacuum: string | null } | null> | null, readonly oldestTransaction: { readonly pid: number | null, readonly login: string | null, readonly application: string | null, readonly state: string | null, readonly statement: string | null, readonly seconds: number | null } | null, readonly oldestXmin: { readonly holder: string | null, readonly pid: number | null, readonly login: string | null, readonly application: string | null, readonly xminAge: string | null } | null, readonly connections: ReadonlyArray<{ readonly login: string | null, readonly state: string | null, readonly connections: number | null } | null> | null, readonly queue: { readonly deliveries: number | null, readonly locked: number | null, readonly oldestSeconds: number | null } | null, readonly dispatcher: { readonly pid: number | null, readonly since: string | null, readonly busy: boolean | null, readonly seenAt: string | null } | null, readonly replicas: ReadonlyArray<{ readonly name: string | null, readonly state: string | null, readonly behindBytes: string | null, readonly behindSeconds: number | null } | null> | null, readonly poolWaits: ReadonlyArray<{ readonly name: string, readonly size: number, readonly open: number, readonly idle: number, readonly waiting: number }> } | null };

export type OperatorAuditQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
}>;


export type OperatorAuditQuery = { readonly auditEntries: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly at: string, readonly operator: string | null, readonly action: string, readonly subject: string | null, readonly organizationId: string, readonly before: unknown, readonly after: unknown } | null>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } | null };

export const OperatorSignInQueryText = `query OperatorSignIn {
  workers(first: 1) {
    nodes {
      id
    }
  }
}` as Operation<OperatorSignInQuery, OperatorSignInQueryVariables>;

export const OrganizationSharesQueryText = `query OrganizationShares($search: String, $after: UUID) {
  organizationShares(search: $search, afterOrganization: $after, first: 100) {
    nodes {
      organizationId
      name
      weight
      inFlight
      waiting
      scheduled
      oldestWaitingSeconds
      used
      due
      paused
      ownPaused
      ownPausedTasks
      maxRunning
      rateJobs
      rateMs
    }
  }
}` as Operation<OrganizationSharesQuery, OrganizationSharesQueryVariables>;

export const OrganizationPolicyQueryText = `query OrganizationPolicy($id: UUID!) {
  organizationShares(organization: $id) {
    nodes {
      organizationId
      name
      weight
      inFlight
      waiting
      scheduled
      oldestWaitingSeconds
      used
      due
      paused
      ownPaused
      ownPausedTasks
    }
  }
  policy(organizationId: $id) {
    weight
    maxRunning
    rateJobs
    rateMs
    maxPending
    paused
    updatedAt
    retention {
      years
      months
      days
      hours
      minutes
    }
  }
}` as Operation<OrganizationPolicyQuery, OrganizationPolicyQueryVariables>;

export const CreatePolicyMutationText = `mutation CreatePolicy($policy: PolicyInput!) {
  createPolicy(input: {policy: $policy}) {
    policy {
      updatedAt
    }
  }
}` as Operation<CreatePolicyMutation, CreatePolicyMutationVariables>;

export const UpdatePolicyMutationText = `mutation UpdatePolicy($id: UUID!, $patch: PolicyPatch!) {
  updatePolicy(input: {organizationId: $id, patch: $patch}) {
    policy {
      updatedAt
    }
  }
}` as Operation<UpdatePolicyMutation, UpdatePolicyMutationVariables>;

export const TaskPoliciesQueryText = `query TaskPolicies {
  taskPolicies(first: 100) {
    nodes {
      task
      maxRunning
      rateJobs
      rateMs
      paused
      updatedAt
    }
  }
}` as Operation<TaskPoliciesQuery, TaskPoliciesQueryVariables>;

export const CreateTaskPolicyMutationText = `mutation CreateTaskPolicy($policy: TaskPolicyInput!) {
  createTaskPolicy(input: {taskPolicy: $policy}) {
    taskPolicy {
      task
    }
  }
}` as Operation<CreateTaskPolicyMutation, CreateTaskPolicyMutationVariables>;

export const UpdateTaskPolicyMutationText = `mutation UpdateTaskPolicy($task: String!, $patch: TaskPolicyPatch!) {
  updateTaskPolicy(input: {task: $task, patch: $patch}) {
    taskPolicy {
      task
    }
  }
}` as Operation<UpdateTaskPolicyMutation, UpdateTaskPolicyMutationVariables>;

export const WorkersQueryText = `query Workers {
  workers(first: 100) {
    nodes {
      id
      host
      pid
      version
      concurrency
      running
      alive
      startedAt
      seenAt
      polledAt
      poolWaiting
      holds {
        jobId
        organizationId
        task
        state
        attempt
        since
      }
    }
  }
}` as Operation<WorkersQuery, WorkersQueryVariables>;

export const DatabaseHealthQueryText = `query DatabaseHealth {
  databaseHealth {
    complete
    liveRows
    deadRows
    bytes
    maxConnections
    lockWaits
    tables {
      name
      partitions
      liveRows
      deadRows
      bytes
      lastAutovacuum
    }
    oldestTransaction {
      pid
      login
      application
      state
      statement
      seconds
    }
    oldestXmin {
      holder
      pid
      login
      application
      xminAge
    }
    connections {
      login
      state
      connections
    }
    queue {
      deliveries
      locked
      oldestSeconds
    }
    dispatcher {
      pid
      since
      busy
      seenAt
    }
    replicas {
      name
      state
      behindBytes
      behindSeconds
    }
    poolWaits {
      name
      size
      open
      idle
      waiting
    }
  }
}` as Operation<DatabaseHealthQuery, DatabaseHealthQueryVariables>;

export const OperatorAuditQueryText = `query OperatorAudit($first: Int!, $after: Cursor) {
  auditEntries(first: $first, after: $after, orderBy: [PRIMARY_KEY_DESC]) {
    nodes {
      id
      at
      operator
      action
      subject
      organizationId
      before
      after
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}` as Operation<OperatorAuditQuery, OperatorAuditQueryVariables>;
