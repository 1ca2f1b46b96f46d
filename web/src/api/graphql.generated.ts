// Made by `npm run graphql-types` from the .graphql files and the dumped schema.

/** The text of an operation; its types are those of its variables and of its result. */
export type Operation<Result, Variables> = string & { readonly types?: (variables: Variables) => Result };

/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** A filter to be used against `Batch` object types. All fields are combined with a logical ‘and.’ */
export type BatchFilter = {
  /** Checks for all expressions in this list. */
  readonly and?: ReadonlyArray<BatchFilter> | null | undefined;
  /** Filter by the object’s `id` field. */
  readonly id?: UuidFilter | null | undefined;
  /** Negates the expression. */
  readonly not?: BatchFilter | null | undefined;
  /** Checks for any expressions in this list. */
  readonly or?: ReadonlyArray<BatchFilter> | null | undefined;
  /** Filter by the object’s `organizationId` field. */
  readonly organizationId?: UuidFilter | null | undefined;
  /** Filter by the object’s `testRun` relation. */
  readonly testRun?: TestRunFilter | null | undefined;
  /** A related `testRun` exists. */
  readonly testRunExists?: boolean | null | undefined;
};

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

/** A filter to be used against Datetime fields. All fields are combined with a logical ‘and.’ */
export type DatetimeFilter = {
  /** Not equal to the specified value, treating null like an ordinary value. */
  readonly distinctFrom?: string | null | undefined;
  /** Equal to the specified value. */
  readonly equalTo?: string | null | undefined;
  /** Greater than the specified value. */
  readonly greaterThan?: string | null | undefined;
  /** Greater than or equal to the specified value. */
  readonly greaterThanOrEqualTo?: string | null | undefined;
  /** Included in the specified list. */
  readonly in?: ReadonlyArray<string> | null | undefined;
  /** Is null (if `true` is specified) or is not null (if `false` is specified). */
  readonly isNull?: boolean | null | undefined;
  /** Less than the specified value. */
  readonly lessThan?: string | null | undefined;
  /** Less than or equal to the specified value. */
  readonly lessThanOrEqualTo?: string | null | undefined;
  /** Equal to the specified value, treating null like an ordinary value. */
  readonly notDistinctFrom?: string | null | undefined;
  /** Not equal to the specified value. */
  readonly notEqualTo?: string | null | undefined;
  /** Not included in the specified list. */
  readonly notIn?: ReadonlyArray<string> | null | undefined;
};

/** A filter to be used against `Dependency` object types. All fields are combined with a logical ‘and.’ */
export type DependencyFilter = {
  /** Checks for all expressions in this list. */
  readonly and?: ReadonlyArray<DependencyFilter> | null | undefined;
  /** Filter by the object’s `dependsOn` field. */
  readonly dependsOn?: UuidFilter | null | undefined;
  /** Filter by the object’s `dependsOnJob` relation. */
  readonly dependsOnJob?: JobFilter | null | undefined;
  /** Filter by the object’s `job` relation. */
  readonly job?: JobFilter | null | undefined;
  /** Filter by the object’s `jobId` field. */
  readonly jobId?: UuidFilter | null | undefined;
  /** Negates the expression. */
  readonly not?: DependencyFilter | null | undefined;
  /** Checks for any expressions in this list. */
  readonly or?: ReadonlyArray<DependencyFilter> | null | undefined;
  /** Filter by the object’s `organizationId` field. */
  readonly organizationId?: UuidFilter | null | undefined;
};

/** A filter to be used against `Endpoint` object types. All fields are combined with a logical ‘and.’ */
export type EndpointFilter = {
  /** Checks for all expressions in this list. */
  readonly and?: ReadonlyArray<EndpointFilter> | null | undefined;
  /** Filter by the object’s `id` field. */
  readonly id?: UuidFilter | null | undefined;
  /** Filter by the object’s `model` relation. */
  readonly model?: ModelFilter | null | undefined;
  /** A related `model` exists. */
  readonly modelExists?: boolean | null | undefined;
  /** Filter by the object’s `name` field. */
  readonly name?: StringFilter | null | undefined;
  /** Negates the expression. */
  readonly not?: EndpointFilter | null | undefined;
  /** Checks for any expressions in this list. */
  readonly or?: ReadonlyArray<EndpointFilter> | null | undefined;
  /** Filter by the object’s `organizationId` field. */
  readonly organizationId?: UuidFilter | null | undefined;
  /** Filter by the object’s `secrets` field. */
  readonly secrets?: JsonFilter | null | undefined;
  /** Filter by the object’s `testConfigurations` relation. */
  readonly testConfigurations?: EndpointToManyTestConfigurationFilter | null | undefined;
  /** Some related `testConfigurations` exist. */
  readonly testConfigurationsExist?: boolean | null | undefined;
};

/** A filter to be used against many `TestConfiguration` object types. All fields are combined with a logical ‘and.’ */
export type EndpointToManyTestConfigurationFilter = {
  /** Every related `TestConfiguration` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly every?: TestConfigurationFilter | null | undefined;
  /** No related `TestConfiguration` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly none?: TestConfigurationFilter | null | undefined;
  /** Some related `TestConfiguration` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly some?: TestConfigurationFilter | null | undefined;
};

/** A filter to be used against `Evaluation` object types. All fields are combined with a logical ‘and.’ */
export type EvaluationFilter = {
  /** Checks for all expressions in this list. */
  readonly and?: ReadonlyArray<EvaluationFilter> | null | undefined;
  /** Filter by the object’s `metric` field. */
  readonly metric?: StringFilter | null | undefined;
  /** Negates the expression. */
  readonly not?: EvaluationFilter | null | undefined;
  /** Checks for any expressions in this list. */
  readonly or?: ReadonlyArray<EvaluationFilter> | null | undefined;
  /** Filter by the object’s `organizationId` field. */
  readonly organizationId?: UuidFilter | null | undefined;
  /** Filter by the object’s `testResult` relation. */
  readonly testResult?: TestResultFilter | null | undefined;
  /** Filter by the object’s `testResultId` field. */
  readonly testResultId?: UuidFilter | null | undefined;
};

/** A filter to be used against Int fields. All fields are combined with a logical ‘and.’ */
export type IntFilter = {
  /** Not equal to the specified value, treating null like an ordinary value. */
  readonly distinctFrom?: number | null | undefined;
  /** Equal to the specified value. */
  readonly equalTo?: number | null | undefined;
  /** Greater than the specified value. */
  readonly greaterThan?: number | null | undefined;
  /** Greater than or equal to the specified value. */
  readonly greaterThanOrEqualTo?: number | null | undefined;
  /** Included in the specified list. */
  readonly in?: ReadonlyArray<number> | null | undefined;
  /** Is null (if `true` is specified) or is not null (if `false` is specified). */
  readonly isNull?: boolean | null | undefined;
  /** Less than the specified value. */
  readonly lessThan?: number | null | undefined;
  /** Less than or equal to the specified value. */
  readonly lessThanOrEqualTo?: number | null | undefined;
  /** Equal to the specified value, treating null like an ordinary value. */
  readonly notDistinctFrom?: number | null | undefined;
  /** Not equal to the specified value. */
  readonly notEqualTo?: number | null | undefined;
  /** Not included in the specified list. */
  readonly notIn?: ReadonlyArray<number> | null | undefined;
};

/** A filter to be used against JSON fields. All fields are combined with a logical ‘and.’ */
export type JsonFilter = {
  /** Contained by the specified JSON. */
  readonly containedBy?: unknown;
  /** Contains the specified JSON. */
  readonly contains?: unknown;
  /** Contains all of the specified keys. */
  readonly containsAllKeys?: ReadonlyArray<string> | null | undefined;
  /** Contains any of the specified keys. */
  readonly containsAnyKeys?: ReadonlyArray<string> | null | undefined;
  /** Contains the specified key. */
  readonly containsKey?: string | null | undefined;
  /** Not equal to the specified value, treating null like an ordinary value. */
  readonly distinctFrom?: unknown;
  /** Equal to the specified value. */
  readonly equalTo?: unknown;
  /** Greater than the specified value. */
  readonly greaterThan?: unknown;
  /** Greater than or equal to the specified value. */
  readonly greaterThanOrEqualTo?: unknown;
  /** Included in the specified list. */
  readonly in?: ReadonlyArray<unknown> | null | undefined;
  /** Is null (if `true` is specified) or is not null (if `false` is specified). */
  readonly isNull?: boolean | null | undefined;
  /** Less than the specified value. */
  readonly lessThan?: unknown;
  /** Less than or equal to the specified value. */
  readonly lessThanOrEqualTo?: unknown;
  /** Equal to the specified value, treating null like an ordinary value. */
  readonly notDistinctFrom?: unknown;
  /** Not equal to the specified value. */
  readonly notEqualTo?: unknown;
  /** Not included in the specified list. */
  readonly notIn?: ReadonlyArray<unknown> | null | undefined;
};

/** A filter to be used against `Job` object types. All fields are combined with a logical ‘and.’ */
export type JobFilter = {
  /** Checks for all expressions in this list. */
  readonly and?: ReadonlyArray<JobFilter> | null | undefined;
  /** Filter by the object’s `batchId` field. */
  readonly batchId?: UuidFilter | null | undefined;
  /** Filter by the object’s `dependants` relation. */
  readonly dependants?: JobToManyDependencyFilter | null | undefined;
  /** Some related `dependants` exist. */
  readonly dependantsExist?: boolean | null | undefined;
  /** Filter by the object’s `dependencies` relation. */
  readonly dependencies?: JobToManyDependencyFilter | null | undefined;
  /** Some related `dependencies` exist. */
  readonly dependenciesExist?: boolean | null | undefined;
  /** Filter by the object’s `id` field. */
  readonly id?: UuidFilter | null | undefined;
  /** Filter by the object’s `key` field. */
  readonly key?: StringFilter | null | undefined;
  /** Negates the expression. */
  readonly not?: JobFilter | null | undefined;
  /** Checks for any expressions in this list. */
  readonly or?: ReadonlyArray<JobFilter> | null | undefined;
  /** Filter by the object’s `state` field. */
  readonly state?: StringFilter | null | undefined;
  /** Filter by the object’s `task` field. */
  readonly task?: StringFilter | null | undefined;
  /** Filter by the object’s `testDrafts` relation. */
  readonly testDrafts?: JobToManyTestDraftFilter | null | undefined;
  /** Some related `testDrafts` exist. */
  readonly testDraftsExist?: boolean | null | undefined;
  /** Filter by the object’s `testResult` relation. */
  readonly testResult?: TestResultFilter | null | undefined;
  /** A related `testResult` exists. */
  readonly testResultExists?: boolean | null | undefined;
};

/** A filter to be used against many `Dependency` object types. All fields are combined with a logical ‘and.’ */
export type JobToManyDependencyFilter = {
  /** Every related `Dependency` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly every?: DependencyFilter | null | undefined;
  /** No related `Dependency` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly none?: DependencyFilter | null | undefined;
  /** Some related `Dependency` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly some?: DependencyFilter | null | undefined;
};

/** A filter to be used against many `TestDraft` object types. All fields are combined with a logical ‘and.’ */
export type JobToManyTestDraftFilter = {
  /** Every related `TestDraft` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly every?: TestDraftFilter | null | undefined;
  /** No related `TestDraft` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly none?: TestDraftFilter | null | undefined;
  /** Some related `TestDraft` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly some?: TestDraftFilter | null | undefined;
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

/** A filter to be used against `Metric` object types. All fields are combined with a logical ‘and.’ */
export type MetricFilter = {
  /** Checks for all expressions in this list. */
  readonly and?: ReadonlyArray<MetricFilter> | null | undefined;
  /** Filter by the object’s `id` field. */
  readonly id?: UuidFilter | null | undefined;
  /** Filter by the object’s `model` relation. */
  readonly model?: ModelFilter | null | undefined;
  /** A related `model` exists. */
  readonly modelExists?: boolean | null | undefined;
  /** Filter by the object’s `name` field. */
  readonly name?: StringFilter | null | undefined;
  /** Negates the expression. */
  readonly not?: MetricFilter | null | undefined;
  /** Checks for any expressions in this list. */
  readonly or?: ReadonlyArray<MetricFilter> | null | undefined;
  /** Filter by the object’s `organizationId` field. */
  readonly organizationId?: UuidFilter | null | undefined;
  /** Filter by the object’s `testSetMetrics` relation. */
  readonly testSetMetrics?: MetricToManyTestSetMetricFilter | null | undefined;
  /** Some related `testSetMetrics` exist. */
  readonly testSetMetricsExist?: boolean | null | undefined;
};

/** A filter to be used against many `TestSetMetric` object types. All fields are combined with a logical ‘and.’ */
export type MetricToManyTestSetMetricFilter = {
  /** Every related `TestSetMetric` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly every?: TestSetMetricFilter | null | undefined;
  /** No related `TestSetMetric` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly none?: TestSetMetricFilter | null | undefined;
  /** Some related `TestSetMetric` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly some?: TestSetMetricFilter | null | undefined;
};

/** A filter to be used against `ModelDefault` object types. All fields are combined with a logical ‘and.’ */
export type ModelDefaultFilter = {
  /** Checks for all expressions in this list. */
  readonly and?: ReadonlyArray<ModelDefaultFilter> | null | undefined;
  /** Filter by the object’s `model` relation. */
  readonly model?: ModelFilter | null | undefined;
  /** Filter by the object’s `modelId` field. */
  readonly modelId?: UuidFilter | null | undefined;
  /** Negates the expression. */
  readonly not?: ModelDefaultFilter | null | undefined;
  /** Checks for any expressions in this list. */
  readonly or?: ReadonlyArray<ModelDefaultFilter> | null | undefined;
  /** Filter by the object’s `organizationId` field. */
  readonly organizationId?: UuidFilter | null | undefined;
  /** Filter by the object’s `purpose` field. */
  readonly purpose?: StringFilter | null | undefined;
};

/** A filter to be used against `Model` object types. All fields are combined with a logical ‘and.’ */
export type ModelFilter = {
  /** Checks for all expressions in this list. */
  readonly and?: ReadonlyArray<ModelFilter> | null | undefined;
  /** Filter by the object’s `id` field. */
  readonly id?: UuidFilter | null | undefined;
  /** Filter by the object’s `modelDefaults` relation. */
  readonly modelDefaults?: ModelToManyModelDefaultFilter | null | undefined;
  /** Some related `modelDefaults` exist. */
  readonly modelDefaultsExist?: boolean | null | undefined;
  /** Filter by the object’s `modelUsages` relation. */
  readonly modelUsages?: ModelToManyModelUsageFilter | null | undefined;
  /** Some related `modelUsages` exist. */
  readonly modelUsagesExist?: boolean | null | undefined;
  /** Filter by the object’s `name` field. */
  readonly name?: StringFilter | null | undefined;
  /** Negates the expression. */
  readonly not?: ModelFilter | null | undefined;
  /** Checks for any expressions in this list. */
  readonly or?: ReadonlyArray<ModelFilter> | null | undefined;
  /** Filter by the object’s `organizationId` field. */
  readonly organizationId?: UuidFilter | null | undefined;
};

/** A filter to be used against many `ModelDefault` object types. All fields are combined with a logical ‘and.’ */
export type ModelToManyModelDefaultFilter = {
  /** Every related `ModelDefault` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly every?: ModelDefaultFilter | null | undefined;
  /** No related `ModelDefault` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly none?: ModelDefaultFilter | null | undefined;
  /** Some related `ModelDefault` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly some?: ModelDefaultFilter | null | undefined;
};

/** A filter to be used against many `ModelUsage` object types. All fields are combined with a logical ‘and.’ */
export type ModelToManyModelUsageFilter = {
  /** Every related `ModelUsage` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly every?: ModelUsageFilter | null | undefined;
  /** No related `ModelUsage` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly none?: ModelUsageFilter | null | undefined;
  /** Some related `ModelUsage` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly some?: ModelUsageFilter | null | undefined;
};

/** A filter to be used against `ModelUsage` object types. All fields are combined with a logical ‘and.’ */
export type ModelUsageFilter = {
  /** Checks for all expressions in this list. */
  readonly and?: ReadonlyArray<ModelUsageFilter> | null | undefined;
  /** Filter by the object’s `createdAt` field. */
  readonly createdAt?: DatetimeFilter | null | undefined;
  /** Filter by the object’s `id` field. */
  readonly id?: UuidFilter | null | undefined;
  /** Filter by the object’s `idempotencyKey` field. */
  readonly idempotencyKey?: StringFilter | null | undefined;
  /** Filter by the object’s `model` relation. */
  readonly model?: ModelFilter | null | undefined;
  /** A related `model` exists. */
  readonly modelExists?: boolean | null | undefined;
  /** Filter by the object’s `modelId` field. */
  readonly modelId?: UuidFilter | null | undefined;
  /** Negates the expression. */
  readonly not?: ModelUsageFilter | null | undefined;
  /** Checks for any expressions in this list. */
  readonly or?: ReadonlyArray<ModelUsageFilter> | null | undefined;
  /** Filter by the object’s `organizationId` field. */
  readonly organizationId?: UuidFilter | null | undefined;
  /** Filter by the object’s `testRunId` field. */
  readonly testRunId?: UuidFilter | null | undefined;
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

/** A filter to be used against String fields. All fields are combined with a logical ‘and.’ */
export type StringFilter = {
  /** Not equal to the specified value, treating null like an ordinary value. */
  readonly distinctFrom?: string | null | undefined;
  /** Not equal to the specified value, treating null like an ordinary value (case-insensitive). */
  readonly distinctFromInsensitive?: string | null | undefined;
  /** Ends with the specified string (case-sensitive). */
  readonly endsWith?: string | null | undefined;
  /** Ends with the specified string (case-insensitive). */
  readonly endsWithInsensitive?: string | null | undefined;
  /** Equal to the specified value. */
  readonly equalTo?: string | null | undefined;
  /** Equal to the specified value (case-insensitive). */
  readonly equalToInsensitive?: string | null | undefined;
  /** Greater than the specified value. */
  readonly greaterThan?: string | null | undefined;
  /** Greater than the specified value (case-insensitive). */
  readonly greaterThanInsensitive?: string | null | undefined;
  /** Greater than or equal to the specified value. */
  readonly greaterThanOrEqualTo?: string | null | undefined;
  /** Greater than or equal to the specified value (case-insensitive). */
  readonly greaterThanOrEqualToInsensitive?: string | null | undefined;
  /** Included in the specified list. */
  readonly in?: ReadonlyArray<string> | null | undefined;
  /** Included in the specified list (case-insensitive). */
  readonly inInsensitive?: ReadonlyArray<string> | null | undefined;
  /** Contains the specified string (case-sensitive). */
  readonly includes?: string | null | undefined;
  /** Contains the specified string (case-insensitive). */
  readonly includesInsensitive?: string | null | undefined;
  /** Is null (if `true` is specified) or is not null (if `false` is specified). */
  readonly isNull?: boolean | null | undefined;
  /** Less than the specified value. */
  readonly lessThan?: string | null | undefined;
  /** Less than the specified value (case-insensitive). */
  readonly lessThanInsensitive?: string | null | undefined;
  /** Less than or equal to the specified value. */
  readonly lessThanOrEqualTo?: string | null | undefined;
  /** Less than or equal to the specified value (case-insensitive). */
  readonly lessThanOrEqualToInsensitive?: string | null | undefined;
  /** Matches the specified pattern (case-sensitive). An underscore (_) matches any single character; a percent sign (%) matches any sequence of zero or more characters. */
  readonly like?: string | null | undefined;
  /** Matches the specified pattern (case-insensitive). An underscore (_) matches any single character; a percent sign (%) matches any sequence of zero or more characters. */
  readonly likeInsensitive?: string | null | undefined;
  /** Equal to the specified value, treating null like an ordinary value. */
  readonly notDistinctFrom?: string | null | undefined;
  /** Equal to the specified value, treating null like an ordinary value (case-insensitive). */
  readonly notDistinctFromInsensitive?: string | null | undefined;
  /** Does not end with the specified string (case-sensitive). */
  readonly notEndsWith?: string | null | undefined;
  /** Does not end with the specified string (case-insensitive). */
  readonly notEndsWithInsensitive?: string | null | undefined;
  /** Not equal to the specified value. */
  readonly notEqualTo?: string | null | undefined;
  /** Not equal to the specified value (case-insensitive). */
  readonly notEqualToInsensitive?: string | null | undefined;
  /** Not included in the specified list. */
  readonly notIn?: ReadonlyArray<string> | null | undefined;
  /** Not included in the specified list (case-insensitive). */
  readonly notInInsensitive?: ReadonlyArray<string> | null | undefined;
  /** Does not contain the specified string (case-sensitive). */
  readonly notIncludes?: string | null | undefined;
  /** Does not contain the specified string (case-insensitive). */
  readonly notIncludesInsensitive?: string | null | undefined;
  /** Does not match the specified pattern (case-sensitive). An underscore (_) matches any single character; a percent sign (%) matches any sequence of zero or more characters. */
  readonly notLike?: string | null | undefined;
  /** Does not match the specified pattern (case-insensitive). An underscore (_) matches any single character; a percent sign (%) matches any sequence of zero or more characters. */
  readonly notLikeInsensitive?: string | null | undefined;
  /** Does not start with the specified string (case-sensitive). */
  readonly notStartsWith?: string | null | undefined;
  /** Does not start with the specified string (case-insensitive). */
  readonly notStartsWithInsensitive?: string | null | undefined;
  /** Starts with the specified string (case-sensitive). */
  readonly startsWith?: string | null | undefined;
  /** Starts with the specified string (case-insensitive). */
  readonly startsWithInsensitive?: string | null | undefined;
};

/** A filter to be used against `TestConfiguration` object types. All fields are combined with a logical ‘and.’ */
export type TestConfigurationFilter = {
  /** Checks for all expressions in this list. */
  readonly and?: ReadonlyArray<TestConfigurationFilter> | null | undefined;
  /** Filter by the object’s `endpoint` relation. */
  readonly endpoint?: EndpointFilter | null | undefined;
  /** Filter by the object’s `endpointId` field. */
  readonly endpointId?: UuidFilter | null | undefined;
  /** Filter by the object’s `id` field. */
  readonly id?: UuidFilter | null | undefined;
  /** Negates the expression. */
  readonly not?: TestConfigurationFilter | null | undefined;
  /** Checks for any expressions in this list. */
  readonly or?: ReadonlyArray<TestConfigurationFilter> | null | undefined;
  /** Filter by the object’s `organizationId` field. */
  readonly organizationId?: UuidFilter | null | undefined;
  /** Filter by the object’s `testRuns` relation. */
  readonly testRuns?: TestConfigurationToManyTestRunFilter | null | undefined;
  /** Some related `testRuns` exist. */
  readonly testRunsExist?: boolean | null | undefined;
  /** Filter by the object’s `testSet` relation. */
  readonly testSet?: TestSetFilter | null | undefined;
  /** Filter by the object’s `testSetId` field. */
  readonly testSetId?: UuidFilter | null | undefined;
};

/** A filter to be used against many `TestRun` object types. All fields are combined with a logical ‘and.’ */
export type TestConfigurationToManyTestRunFilter = {
  /** Every related `TestRun` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly every?: TestRunFilter | null | undefined;
  /** No related `TestRun` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly none?: TestRunFilter | null | undefined;
  /** Some related `TestRun` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly some?: TestRunFilter | null | undefined;
};

/** A filter to be used against `TestDraft` object types. All fields are combined with a logical ‘and.’ */
export type TestDraftFilter = {
  /** Checks for all expressions in this list. */
  readonly and?: ReadonlyArray<TestDraftFilter> | null | undefined;
  /** Filter by the object’s `id` field. */
  readonly id?: UuidFilter | null | undefined;
  /** Filter by the object’s `job` relation. */
  readonly job?: JobFilter | null | undefined;
  /** Filter by the object’s `jobId` field. */
  readonly jobId?: UuidFilter | null | undefined;
  /** Negates the expression. */
  readonly not?: TestDraftFilter | null | undefined;
  /** Checks for any expressions in this list. */
  readonly or?: ReadonlyArray<TestDraftFilter> | null | undefined;
  /** Filter by the object’s `organizationId` field. */
  readonly organizationId?: UuidFilter | null | undefined;
  /** Filter by the object’s `state` field. */
  readonly state?: StringFilter | null | undefined;
  /** Filter by the object’s `testSet` relation. */
  readonly testSet?: TestSetFilter | null | undefined;
  /** Filter by the object’s `testSetId` field. */
  readonly testSetId?: UuidFilter | null | undefined;
};

/** A filter to be used against `Test` object types. All fields are combined with a logical ‘and.’ */
export type TestFilter = {
  /** Checks for all expressions in this list. */
  readonly and?: ReadonlyArray<TestFilter> | null | undefined;
  /** Filter by the object’s `id` field. */
  readonly id?: UuidFilter | null | undefined;
  /** Filter by the object’s `kind` field. */
  readonly kind?: StringFilter | null | undefined;
  /** Negates the expression. */
  readonly not?: TestFilter | null | undefined;
  /** Checks for any expressions in this list. */
  readonly or?: ReadonlyArray<TestFilter> | null | undefined;
  /** Filter by the object’s `organizationId` field. */
  readonly organizationId?: UuidFilter | null | undefined;
  /** Filter by the object’s `simulatedUserModel` relation. */
  readonly simulatedUserModel?: ModelFilter | null | undefined;
  /** A related `simulatedUserModel` exists. */
  readonly simulatedUserModelExists?: boolean | null | undefined;
  /** Filter by the object’s `testSetTests` relation. */
  readonly testSetTests?: TestToManyTestSetTestFilter | null | undefined;
  /** Some related `testSetTests` exist. */
  readonly testSetTestsExist?: boolean | null | undefined;
  /** Filter by the object’s `testVersions` relation. */
  readonly testVersions?: TestToManyTestVersionFilter | null | undefined;
  /** Some related `testVersions` exist. */
  readonly testVersionsExist?: boolean | null | undefined;
};

/** A filter to be used against `TestResult` object types. All fields are combined with a logical ‘and.’ */
export type TestResultFilter = {
  /** Checks for all expressions in this list. */
  readonly and?: ReadonlyArray<TestResultFilter> | null | undefined;
  /** Filter by the object’s `evaluations` relation. */
  readonly evaluations?: TestResultToManyEvaluationFilter | null | undefined;
  /** Some related `evaluations` exist. */
  readonly evaluationsExist?: boolean | null | undefined;
  /** Filter by the object’s `id` field. */
  readonly id?: UuidFilter | null | undefined;
  /** Filter by the object’s `job` relation. */
  readonly job?: JobFilter | null | undefined;
  /** Filter by the object’s `jobId` field. */
  readonly jobId?: UuidFilter | null | undefined;
  /** Filter by the object’s `kind` field. */
  readonly kind?: StringFilter | null | undefined;
  /** Negates the expression. */
  readonly not?: TestResultFilter | null | undefined;
  /** Checks for any expressions in this list. */
  readonly or?: ReadonlyArray<TestResultFilter> | null | undefined;
  /** Filter by the object’s `organizationId` field. */
  readonly organizationId?: UuidFilter | null | undefined;
  /** Filter by the object’s `position` field. */
  readonly position?: IntFilter | null | undefined;
  /** Filter by the object’s `repetition` field. */
  readonly repetition?: IntFilter | null | undefined;
  /** Filter by the object’s `state` field. */
  readonly state?: StringFilter | null | undefined;
  /** Filter by the object’s `testId` field. */
  readonly testId?: UuidFilter | null | undefined;
  /** Filter by the object’s `testRun` relation. */
  readonly testRun?: TestRunFilter | null | undefined;
  /** Filter by the object’s `testRunId` field. */
  readonly testRunId?: UuidFilter | null | undefined;
  /** Filter by the object’s `turns` relation. */
  readonly turns?: TestResultToManyTurnFilter | null | undefined;
  /** Some related `turns` exist. */
  readonly turnsExist?: boolean | null | undefined;
};

/** A filter to be used against many `Evaluation` object types. All fields are combined with a logical ‘and.’ */
export type TestResultToManyEvaluationFilter = {
  /** Every related `Evaluation` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly every?: EvaluationFilter | null | undefined;
  /** No related `Evaluation` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly none?: EvaluationFilter | null | undefined;
  /** Some related `Evaluation` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly some?: EvaluationFilter | null | undefined;
};

/** A filter to be used against many `Turn` object types. All fields are combined with a logical ‘and.’ */
export type TestResultToManyTurnFilter = {
  /** Every related `Turn` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly every?: TurnFilter | null | undefined;
  /** No related `Turn` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly none?: TurnFilter | null | undefined;
  /** Some related `Turn` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly some?: TurnFilter | null | undefined;
};

/** A filter to be used against `TestRun` object types. All fields are combined with a logical ‘and.’ */
export type TestRunFilter = {
  /** Checks for all expressions in this list. */
  readonly and?: ReadonlyArray<TestRunFilter> | null | undefined;
  /** Filter by the object’s `baselineOf` relation. */
  readonly baselineOf?: TestRunToManyTestSetFilter | null | undefined;
  /** Some related `baselineOf` exist. */
  readonly baselineOfExist?: boolean | null | undefined;
  /** Filter by the object’s `batch` relation. */
  readonly batch?: BatchFilter | null | undefined;
  /** Filter by the object’s `batchId` field. */
  readonly batchId?: UuidFilter | null | undefined;
  /** Filter by the object’s `id` field. */
  readonly id?: UuidFilter | null | undefined;
  /** Negates the expression. */
  readonly not?: TestRunFilter | null | undefined;
  /** Checks for any expressions in this list. */
  readonly or?: ReadonlyArray<TestRunFilter> | null | undefined;
  /** Filter by the object’s `organizationId` field. */
  readonly organizationId?: UuidFilter | null | undefined;
  /** Filter by the object’s `rescores` relation. */
  readonly rescores?: TestRunToManyTestRunFilter | null | undefined;
  /** Some related `rescores` exist. */
  readonly rescoresExist?: boolean | null | undefined;
  /** Filter by the object’s `sourceRun` relation. */
  readonly sourceRun?: TestRunFilter | null | undefined;
  /** A related `sourceRun` exists. */
  readonly sourceRunExists?: boolean | null | undefined;
  /** Filter by the object’s `sourceRunId` field. */
  readonly sourceRunId?: UuidFilter | null | undefined;
  /** Filter by the object’s `testConfiguration` relation. */
  readonly testConfiguration?: TestConfigurationFilter | null | undefined;
  /** Filter by the object’s `testConfigurationId` field. */
  readonly testConfigurationId?: UuidFilter | null | undefined;
  /** Filter by the object’s `testResults` relation. */
  readonly testResults?: TestRunToManyTestResultFilter | null | undefined;
  /** Some related `testResults` exist. */
  readonly testResultsExist?: boolean | null | undefined;
};

/** A filter to be used against many `TestResult` object types. All fields are combined with a logical ‘and.’ */
export type TestRunToManyTestResultFilter = {
  /** Every related `TestResult` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly every?: TestResultFilter | null | undefined;
  /** No related `TestResult` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly none?: TestResultFilter | null | undefined;
  /** Some related `TestResult` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly some?: TestResultFilter | null | undefined;
};

/** A filter to be used against many `TestRun` object types. All fields are combined with a logical ‘and.’ */
export type TestRunToManyTestRunFilter = {
  /** Every related `TestRun` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly every?: TestRunFilter | null | undefined;
  /** No related `TestRun` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly none?: TestRunFilter | null | undefined;
  /** Some related `TestRun` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly some?: TestRunFilter | null | undefined;
};

/** A filter to be used against many `TestSet` object types. All fields are combined with a logical ‘and.’ */
export type TestRunToManyTestSetFilter = {
  /** Every related `TestSet` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly every?: TestSetFilter | null | undefined;
  /** No related `TestSet` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly none?: TestSetFilter | null | undefined;
  /** Some related `TestSet` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly some?: TestSetFilter | null | undefined;
};

/** A filter to be used against `TestSet` object types. All fields are combined with a logical ‘and.’ */
export type TestSetFilter = {
  /** Checks for all expressions in this list. */
  readonly and?: ReadonlyArray<TestSetFilter> | null | undefined;
  /** Filter by the object’s `baselineRun` relation. */
  readonly baselineRun?: TestRunFilter | null | undefined;
  /** A related `baselineRun` exists. */
  readonly baselineRunExists?: boolean | null | undefined;
  /** Filter by the object’s `baselineRunId` field. */
  readonly baselineRunId?: UuidFilter | null | undefined;
  /** Filter by the object’s `id` field. */
  readonly id?: UuidFilter | null | undefined;
  /** Filter by the object’s `name` field. */
  readonly name?: StringFilter | null | undefined;
  /** Negates the expression. */
  readonly not?: TestSetFilter | null | undefined;
  /** Checks for any expressions in this list. */
  readonly or?: ReadonlyArray<TestSetFilter> | null | undefined;
  /** Filter by the object’s `organizationId` field. */
  readonly organizationId?: UuidFilter | null | undefined;
  /** Filter by the object’s `testConfigurations` relation. */
  readonly testConfigurations?: TestSetToManyTestConfigurationFilter | null | undefined;
  /** Some related `testConfigurations` exist. */
  readonly testConfigurationsExist?: boolean | null | undefined;
  /** Filter by the object’s `testDrafts` relation. */
  readonly testDrafts?: TestSetToManyTestDraftFilter | null | undefined;
  /** Some related `testDrafts` exist. */
  readonly testDraftsExist?: boolean | null | undefined;
  /** Filter by the object’s `testSetMetrics` relation. */
  readonly testSetMetrics?: TestSetToManyTestSetMetricFilter | null | undefined;
  /** Some related `testSetMetrics` exist. */
  readonly testSetMetricsExist?: boolean | null | undefined;
  /** Filter by the object’s `testSetTests` relation. */
  readonly testSetTests?: TestSetToManyTestSetTestFilter | null | undefined;
  /** Some related `testSetTests` exist. */
  readonly testSetTestsExist?: boolean | null | undefined;
};

/** A filter to be used against `TestSetMetric` object types. All fields are combined with a logical ‘and.’ */
export type TestSetMetricFilter = {
  /** Checks for all expressions in this list. */
  readonly and?: ReadonlyArray<TestSetMetricFilter> | null | undefined;
  /** Filter by the object’s `metric` relation. */
  readonly metric?: MetricFilter | null | undefined;
  /** Filter by the object’s `metricId` field. */
  readonly metricId?: UuidFilter | null | undefined;
  /** Negates the expression. */
  readonly not?: TestSetMetricFilter | null | undefined;
  /** Checks for any expressions in this list. */
  readonly or?: ReadonlyArray<TestSetMetricFilter> | null | undefined;
  /** Filter by the object’s `organizationId` field. */
  readonly organizationId?: UuidFilter | null | undefined;
  /** Filter by the object’s `testSet` relation. */
  readonly testSet?: TestSetFilter | null | undefined;
  /** Filter by the object’s `testSetId` field. */
  readonly testSetId?: UuidFilter | null | undefined;
};

/** A filter to be used against `TestSetTest` object types. All fields are combined with a logical ‘and.’ */
export type TestSetTestFilter = {
  /** Checks for all expressions in this list. */
  readonly and?: ReadonlyArray<TestSetTestFilter> | null | undefined;
  /** Negates the expression. */
  readonly not?: TestSetTestFilter | null | undefined;
  /** Checks for any expressions in this list. */
  readonly or?: ReadonlyArray<TestSetTestFilter> | null | undefined;
  /** Filter by the object’s `organizationId` field. */
  readonly organizationId?: UuidFilter | null | undefined;
  /** Filter by the object’s `position` field. */
  readonly position?: IntFilter | null | undefined;
  /** Filter by the object’s `test` relation. */
  readonly test?: TestFilter | null | undefined;
  /** Filter by the object’s `testId` field. */
  readonly testId?: UuidFilter | null | undefined;
  /** Filter by the object’s `testSet` relation. */
  readonly testSet?: TestSetFilter | null | undefined;
  /** Filter by the object’s `testSetId` field. */
  readonly testSetId?: UuidFilter | null | undefined;
};

/** A filter to be used against many `TestConfiguration` object types. All fields are combined with a logical ‘and.’ */
export type TestSetToManyTestConfigurationFilter = {
  /** Every related `TestConfiguration` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly every?: TestConfigurationFilter | null | undefined;
  /** No related `TestConfiguration` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly none?: TestConfigurationFilter | null | undefined;
  /** Some related `TestConfiguration` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly some?: TestConfigurationFilter | null | undefined;
};

/** A filter to be used against many `TestDraft` object types. All fields are combined with a logical ‘and.’ */
export type TestSetToManyTestDraftFilter = {
  /** Every related `TestDraft` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly every?: TestDraftFilter | null | undefined;
  /** No related `TestDraft` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly none?: TestDraftFilter | null | undefined;
  /** Some related `TestDraft` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly some?: TestDraftFilter | null | undefined;
};

/** A filter to be used against many `TestSetMetric` object types. All fields are combined with a logical ‘and.’ */
export type TestSetToManyTestSetMetricFilter = {
  /** Every related `TestSetMetric` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly every?: TestSetMetricFilter | null | undefined;
  /** No related `TestSetMetric` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly none?: TestSetMetricFilter | null | undefined;
  /** Some related `TestSetMetric` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly some?: TestSetMetricFilter | null | undefined;
};

/** A filter to be used against many `TestSetTest` object types. All fields are combined with a logical ‘and.’ */
export type TestSetToManyTestSetTestFilter = {
  /** Every related `TestSetTest` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly every?: TestSetTestFilter | null | undefined;
  /** No related `TestSetTest` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly none?: TestSetTestFilter | null | undefined;
  /** Some related `TestSetTest` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly some?: TestSetTestFilter | null | undefined;
};

/** A filter to be used against many `TestSetTest` object types. All fields are combined with a logical ‘and.’ */
export type TestToManyTestSetTestFilter = {
  /** Every related `TestSetTest` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly every?: TestSetTestFilter | null | undefined;
  /** No related `TestSetTest` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly none?: TestSetTestFilter | null | undefined;
  /** Some related `TestSetTest` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly some?: TestSetTestFilter | null | undefined;
};

/** A filter to be used against many `TestVersion` object types. All fields are combined with a logical ‘and.’ */
export type TestToManyTestVersionFilter = {
  /** Every related `TestVersion` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly every?: TestVersionFilter | null | undefined;
  /** No related `TestVersion` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly none?: TestVersionFilter | null | undefined;
  /** Some related `TestVersion` matches the filter criteria. All fields are combined with a logical ‘and.’ */
  readonly some?: TestVersionFilter | null | undefined;
};

/** A filter to be used against `TestVersion` object types. All fields are combined with a logical ‘and.’ */
export type TestVersionFilter = {
  /** Checks for all expressions in this list. */
  readonly and?: ReadonlyArray<TestVersionFilter> | null | undefined;
  /** Negates the expression. */
  readonly not?: TestVersionFilter | null | undefined;
  /** Checks for any expressions in this list. */
  readonly or?: ReadonlyArray<TestVersionFilter> | null | undefined;
  /** Filter by the object’s `organizationId` field. */
  readonly organizationId?: UuidFilter | null | undefined;
  /** Filter by the object’s `test` relation. */
  readonly test?: TestFilter | null | undefined;
  /** Filter by the object’s `testId` field. */
  readonly testId?: UuidFilter | null | undefined;
  /** Filter by the object’s `version` field. */
  readonly version?: IntFilter | null | undefined;
};

/** A filter to be used against `Turn` object types. All fields are combined with a logical ‘and.’ */
export type TurnFilter = {
  /** Checks for all expressions in this list. */
  readonly and?: ReadonlyArray<TurnFilter> | null | undefined;
  /** Negates the expression. */
  readonly not?: TurnFilter | null | undefined;
  /** Checks for any expressions in this list. */
  readonly or?: ReadonlyArray<TurnFilter> | null | undefined;
  /** Filter by the object’s `organizationId` field. */
  readonly organizationId?: UuidFilter | null | undefined;
  /** Filter by the object’s `position` field. */
  readonly position?: IntFilter | null | undefined;
  /** Filter by the object’s `testResult` relation. */
  readonly testResult?: TestResultFilter | null | undefined;
  /** Filter by the object’s `testResultId` field. */
  readonly testResultId?: UuidFilter | null | undefined;
};

/** A filter to be used against UUID fields. All fields are combined with a logical ‘and.’ */
export type UuidFilter = {
  /** Not equal to the specified value, treating null like an ordinary value. */
  readonly distinctFrom?: string | null | undefined;
  /** Equal to the specified value. */
  readonly equalTo?: string | null | undefined;
  /** Greater than the specified value. */
  readonly greaterThan?: string | null | undefined;
  /** Greater than or equal to the specified value. */
  readonly greaterThanOrEqualTo?: string | null | undefined;
  /** Included in the specified list. */
  readonly in?: ReadonlyArray<string> | null | undefined;
  /** Is null (if `true` is specified) or is not null (if `false` is specified). */
  readonly isNull?: boolean | null | undefined;
  /** Less than the specified value. */
  readonly lessThan?: string | null | undefined;
  /** Less than or equal to the specified value. */
  readonly lessThanOrEqualTo?: string | null | undefined;
  /** Equal to the specified value, treating null like an ordinary value. */
  readonly notDistinctFrom?: string | null | undefined;
  /** Not equal to the specified value. */
  readonly notEqualTo?: string | null | undefined;
  /** Not included in the specified list. */
  readonly notIn?: ReadonlyArray<string> | null | undefined;
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

export type ComparedRunFragment = { readonly id: string, readonly createdAt: string, readonly summary: { readonly state: string | null, readonly passRate: number | null } | null, readonly testConfiguration: { readonly testSet: { readonly id: string, readonly name: string, readonly baselineRunId: string | null } | null, readonly endpoint: { readonly name: string } | null } | null };

export type RunComparisonQueryVariables = Exact<{
  before: string;
  after: string;
}>;


export type RunComparisonQuery = { readonly before: { readonly id: string, readonly createdAt: string, readonly summary: { readonly state: string | null, readonly passRate: number | null } | null, readonly testConfiguration: { readonly testSet: { readonly id: string, readonly name: string, readonly baselineRunId: string | null } | null, readonly endpoint: { readonly name: string } | null } | null } | null, readonly after: { readonly id: string, readonly createdAt: string, readonly summary: { readonly state: string | null, readonly passRate: number | null } | null, readonly testConfiguration: { readonly testSet: { readonly id: string, readonly name: string, readonly baselineRunId: string | null } | null, readonly endpoint: { readonly name: string } | null } | null } | null, readonly compareTestRuns: { readonly tests: number | null, readonly fixed: number | null, readonly regressed: number | null, readonly unchanged: number | null, readonly others: number | null, readonly passedBefore: number | null, readonly passedAfter: number | null, readonly significance: string | null, readonly flips: ReadonlyArray<{ readonly testId: string | null, readonly input: string | null, readonly before: string | null, readonly after: string | null, readonly category: string | null, readonly tags: ReadonlyArray<string | null> | null, readonly edited: boolean | null } | null> | null, readonly byCategory: ReadonlyArray<{ readonly name: string | null, readonly tests: number | null, readonly fixed: number | null, readonly regressed: number | null, readonly passedBefore: number | null, readonly passedAfter: number | null } | null> | null, readonly byTag: ReadonlyArray<{ readonly name: string | null, readonly tests: number | null, readonly fixed: number | null, readonly regressed: number | null, readonly passedBefore: number | null, readonly passedAfter: number | null } | null> | null } | null };

export type ResultOfTestQueryVariables = Exact<{
  run: string;
  test: string;
}>;


export type ResultOfTestQuery = { readonly testResults: { readonly nodes: ReadonlyArray<{ readonly id: string } | null> } | null };

export type EndpointListQueryVariables = Exact<{
  first: number;
}>;


export type EndpointListQuery = { readonly endpoints: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string, readonly kind: string, readonly url: string | null, readonly method: string, readonly headers: unknown, readonly auth: unknown, readonly secrets: unknown, readonly requestTemplate: unknown, readonly responsePath: string, readonly responseMapping: unknown, readonly timeoutMs: number, readonly maxAttempts: number, readonly concurrency: number | null, readonly ratePerMinute: number | null, readonly createdAt: string, readonly model: { readonly name: string } | null } | null>, readonly pageInfo: { readonly hasNextPage: boolean } } | null };

export type TryJobQueryVariables = Exact<{
  id: string;
}>;


export type TryJobQuery = { readonly job: { readonly id: string, readonly state: string, readonly result: unknown, readonly errorCode: string | null, readonly errorMessage: string | null } | null };

export type MetricListQueryVariables = Exact<{ [key: string]: never; }>;


export type MetricListQuery = { readonly metrics: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string, readonly kind: string, readonly parameters: unknown, readonly createdAt: string, readonly model: { readonly name: string } | null } | null> } | null };

export type ModelChoicesQueryVariables = Exact<{ [key: string]: never; }>;


export type ModelChoicesQuery = { readonly models: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string } | null> } | null };

export type ModelListQueryVariables = Exact<{ [key: string]: never; }>;


export type ModelListQuery = { readonly models: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string, readonly provider: string, readonly model: string, readonly baseUrl: string | null, readonly keyId: string | null, readonly parameters: unknown, readonly inputPrice: string | null, readonly outputPrice: string | null, readonly timeoutMs: number } | null> } | null, readonly modelDefaults: { readonly nodes: ReadonlyArray<{ readonly purpose: string, readonly modelId: string } | null> } | null };

export type ModelCostsQueryVariables = Exact<{
  since: string;
}>;


export type ModelCostsQuery = { readonly modelUsageTotals: { readonly nodes: ReadonlyArray<{ readonly purpose: string | null, readonly providerModel: string | null, readonly calls: string | null, readonly inputTokens: string | null, readonly outputTokens: string | null, readonly cost: string | null, readonly withoutCost: string | null } | null> } | null };

export type TestRunQueryVariables = Exact<{
  id: string;
}>;


export type TestRunQuery = { readonly testRun: { readonly batchId: string, readonly concurrency: number | null, readonly endpoint: unknown, readonly metrics: unknown, readonly id: string, readonly createdAt: string, readonly total: number, readonly repeat: number, readonly userId: string | null, readonly sourceRunId: string | null, readonly testConfigurationId: string, readonly testConfiguration: { readonly testRuns: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly createdAt: string, readonly summary: { readonly state: string | null, readonly passRate: number | null } | null } | null> }, readonly testSet: { readonly id: string, readonly name: string, readonly baselineRunId: string | null } | null, readonly endpoint: { readonly id: string, readonly name: string } | null } | null, readonly summary: { readonly state: string | null, readonly queued: number | null, readonly running: number | null, readonly passed: number | null, readonly failed: number | null, readonly errored: number | null, readonly cancelled: number | null, readonly flaky: number | null, readonly passRate: number | null, readonly startedAt: string | null, readonly finishedAt: string | null, readonly p50Ms: number | null, readonly p95Ms: number | null, readonly p99Ms: number | null, readonly inputTokens: string | null, readonly outputTokens: string | null, readonly cost: string | null } | null } | null };

export type RunResultsQueryVariables = Exact<{
  id: string;
  first: number;
  after?: string | null | undefined;
  filter?: TestResultFilter | null | undefined;
}>;


export type RunResultsQuery = { readonly testRun: { readonly id: string, readonly testResults: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly position: number, readonly repetition: number, readonly state: string, readonly input: string, readonly output: string | null, readonly category: string | null, readonly tags: ReadonlyArray<string | null>, readonly durationMs: number | null, readonly errorCode: string | null } | null>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } } | null };

export type RunResultQueryVariables = Exact<{
  id: string;
}>;


export type RunResultQuery = { readonly testResult: { readonly id: string, readonly position: number, readonly repetition: number, readonly state: string, readonly kind: string | null, readonly input: string, readonly output: string | null, readonly expected: string | null, readonly context: unknown, readonly toolCalls: unknown, readonly category: string | null, readonly tags: ReadonlyArray<string | null>, readonly errorCode: string | null, readonly errorMessage: string | null, readonly durationMs: number | null, readonly attempts: number, readonly inputTokens: number | null, readonly outputTokens: number | null, readonly cost: string | null, readonly conversationEnd: unknown, readonly jobId: string, readonly evaluations: { readonly nodes: ReadonlyArray<{ readonly metric: string, readonly passed: boolean, readonly score: number, readonly category: string | null, readonly reason: string } | null> }, readonly turns: { readonly nodes: ReadonlyArray<{ readonly position: number, readonly role: string, readonly content: string, readonly durationMs: number | null } | null> } } | null };

export type RunLineFragment = { readonly id: string, readonly createdAt: string, readonly total: number, readonly repeat: number, readonly userId: string | null, readonly sourceRunId: string | null, readonly testConfigurationId: string, readonly testConfiguration: { readonly testSet: { readonly id: string, readonly name: string, readonly baselineRunId: string | null } | null, readonly endpoint: { readonly id: string, readonly name: string } | null } | null, readonly summary: { readonly state: string | null, readonly queued: number | null, readonly running: number | null, readonly passed: number | null, readonly failed: number | null, readonly errored: number | null, readonly cancelled: number | null, readonly flaky: number | null, readonly passRate: number | null, readonly startedAt: string | null, readonly finishedAt: string | null, readonly p50Ms: number | null, readonly p95Ms: number | null, readonly p99Ms: number | null, readonly inputTokens: string | null, readonly outputTokens: string | null, readonly cost: string | null } | null };

export type TestRunsQueryVariables = Exact<{
  first: number;
  filter?: TestRunFilter | null | undefined;
}>;


export type TestRunsQuery = { readonly testRuns: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly createdAt: string, readonly total: number, readonly repeat: number, readonly userId: string | null, readonly sourceRunId: string | null, readonly testConfigurationId: string, readonly testConfiguration: { readonly testSet: { readonly id: string, readonly name: string, readonly baselineRunId: string | null } | null, readonly endpoint: { readonly id: string, readonly name: string } | null } | null, readonly summary: { readonly state: string | null, readonly queued: number | null, readonly running: number | null, readonly passed: number | null, readonly failed: number | null, readonly errored: number | null, readonly cancelled: number | null, readonly flaky: number | null, readonly passRate: number | null, readonly startedAt: string | null, readonly finishedAt: string | null, readonly p50Ms: number | null, readonly p95Ms: number | null, readonly p99Ms: number | null, readonly inputTokens: string | null, readonly outputTokens: string | null, readonly cost: string | null } | null } | null>, readonly pageInfo: { readonly hasNextPage: boolean } } | null };

export type TestChoicesQueryVariables = Exact<{ [key: string]: never; }>;


export type TestChoicesQuery = { readonly testSets: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string } | null> } | null, readonly endpoints: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string } | null> } | null, readonly metrics: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string, readonly kind: string } | null> } | null };

export type TestMembersQueryVariables = Exact<{ [key: string]: never; }>;


export type TestMembersQuery = { readonly memberships: { readonly nodes: ReadonlyArray<{ readonly userId: string, readonly user: { readonly name: string, readonly email: string } | null } | null> } | null };

export type HasTestRunsQueryVariables = Exact<{ [key: string]: never; }>;


export type HasTestRunsQuery = { readonly __type: { readonly name: string | null } | null };

export type TestSetPageQueryVariables = Exact<{
  id: string;
  first: number;
}>;


export type TestSetPageQuery = { readonly testSet: { readonly id: string, readonly name: string, readonly description: string, readonly baselineRunId: string | null, readonly testSetMetrics: { readonly nodes: ReadonlyArray<{ readonly metricId: string, readonly metric: { readonly name: string } | null } | null> }, readonly testSetTests: { readonly totalCount: number, readonly nodes: ReadonlyArray<{ readonly position: number, readonly test: { readonly id: string, readonly kind: string | null, readonly input: string | null, readonly expected: string | null, readonly category: string | null, readonly tags: ReadonlyArray<string | null>, readonly goal: string | null, readonly instructions: string | null, readonly restrictions: string | null, readonly maxTurns: number | null, readonly simulatedUserModelId: string | null, readonly version: number } | null } | null>, readonly pageInfo: { readonly hasNextPage: boolean } } } | null };

export type TestSetDraftsQueryVariables = Exact<{
  id: string;
}>;


export type TestSetDraftsQuery = { readonly testDrafts: { readonly totalCount: number, readonly nodes: ReadonlyArray<{ readonly id: string, readonly input: string, readonly expected: string | null, readonly category: string | null, readonly tags: ReadonlyArray<string | null>, readonly source: string | null } | null> } | null };

export type GenerationJobQueryVariables = Exact<{
  id: string;
}>;


export type GenerationJobQuery = { readonly job: { readonly id: string, readonly state: string, readonly progress: number | null, readonly progressNote: string | null, readonly errorCode: string | null, readonly errorMessage: string | null } | null };

export type TestSetListQueryVariables = Exact<{
  first: number;
}>;


export type TestSetListQuery = { readonly testSets: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string, readonly description: string, readonly createdAt: string, readonly baselineRunId: string | null, readonly testSetTests: { readonly totalCount: number } } | null>, readonly pageInfo: { readonly hasNextPage: boolean } } | null };

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

export type LaunchableTasksQueryVariables = Exact<{ [key: string]: never; }>;


export type LaunchableTasksQuery = { readonly tasks: { readonly nodes: ReadonlyArray<{ readonly name: string, readonly description: string, readonly inputSchema: unknown, readonly launchRole: string } | null> } | null };

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

export const RunComparisonQueryText = `query RunComparison($before: UUID!, $after: UUID!) {
  before: testRun(id: $before) {
    ...ComparedRun
  }
  after: testRun(id: $after) {
    ...ComparedRun
  }
  compareTestRuns(before: $before, after: $after) {
    tests
    fixed
    regressed
    unchanged
    others
    passedBefore
    passedAfter
    significance
    flips {
      testId
      input
      before
      after
      category
      tags
      edited
    }
    byCategory {
      name
      tests
      fixed
      regressed
      passedBefore
      passedAfter
    }
    byTag {
      name
      tests
      fixed
      regressed
      passedBefore
      passedAfter
    }
  }
}

fragment ComparedRun on TestRun {
  id
  createdAt
  summary {
    state
    passRate
  }
  testConfiguration {
    testSet {
      id
      name
      baselineRunId
    }
    endpoint {
      name
    }
  }
}` as Operation<RunComparisonQuery, RunComparisonQueryVariables>;

export const ResultOfTestQueryText = `query ResultOfTest($run: UUID!, $test: UUID!) {
  testResults(
    first: 1
    condition: {testRunId: $run, testId: $test}
    orderBy: REPETITION_ASC
  ) {
    nodes {
      id
    }
  }
}` as Operation<ResultOfTestQuery, ResultOfTestQueryVariables>;

export const EndpointListQueryText = `query EndpointList($first: Int!) {
  endpoints(first: $first) {
    nodes {
      id
      name
      kind
      url
      method
      headers
      auth
      secrets
      requestTemplate
      responsePath
      responseMapping
      timeoutMs
      maxAttempts
      concurrency
      ratePerMinute
      createdAt
      model {
        name
      }
    }
    pageInfo {
      hasNextPage
    }
  }
}` as Operation<EndpointListQuery, EndpointListQueryVariables>;

export const TryJobQueryText = `query TryJob($id: UUID!) {
  job(id: $id) {
    id
    state
    result
    errorCode
    errorMessage
  }
}` as Operation<TryJobQuery, TryJobQueryVariables>;

export const MetricListQueryText = `query MetricList {
  metrics(first: 100) {
    nodes {
      id
      name
      kind
      parameters
      createdAt
      model {
        name
      }
    }
  }
}` as Operation<MetricListQuery, MetricListQueryVariables>;

export const ModelChoicesQueryText = `query ModelChoices {
  models(first: 100) {
    nodes {
      id
      name
    }
  }
}` as Operation<ModelChoicesQuery, ModelChoicesQueryVariables>;

export const ModelListQueryText = `query ModelList {
  models(first: 100) {
    nodes {
      id
      name
      provider
      model
      baseUrl
      keyId
      parameters
      inputPrice
      outputPrice
      timeoutMs
    }
  }
  modelDefaults(first: 10) {
    nodes {
      purpose
      modelId
    }
  }
}` as Operation<ModelListQuery, ModelListQueryVariables>;

export const ModelCostsQueryText = `query ModelCosts($since: Datetime!) {
  modelUsageTotals(first: 100, since: $since) {
    nodes {
      purpose
      providerModel
      calls
      inputTokens
      outputTokens
      cost
      withoutCost
    }
  }
}` as Operation<ModelCostsQuery, ModelCostsQueryVariables>;

export const TestRunQueryText = `query TestRun($id: UUID!) {
  testRun(id: $id) {
    ...RunLine
    batchId
    concurrency
    endpoint
    metrics
    testConfiguration {
      testRuns(first: 30, orderBy: ID_DESC) {
        nodes {
          id
          createdAt
          summary {
            state
            passRate
          }
        }
      }
    }
  }
}

fragment RunLine on TestRun {
  id
  createdAt
  total
  repeat
  userId
  sourceRunId
  testConfigurationId
  testConfiguration {
    testSet {
      id
      name
      baselineRunId
    }
    endpoint {
      id
      name
    }
  }
  summary {
    state
    queued
    running
    passed
    failed
    errored
    cancelled
    flaky
    passRate
    startedAt
    finishedAt
    p50Ms
    p95Ms
    p99Ms
    inputTokens
    outputTokens
    cost
  }
}` as Operation<TestRunQuery, TestRunQueryVariables>;

export const RunResultsQueryText = `query RunResults($id: UUID!, $first: Int!, $after: Cursor, $filter: TestResultFilter) {
  testRun(id: $id) {
    id
    testResults(
      first: $first
      after: $after
      orderBy: [POSITION_ASC, REPETITION_ASC]
      filter: $filter
    ) {
      nodes {
        id
        position
        repetition
        state
        input
        output
        category
        tags
        durationMs
        errorCode
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}` as Operation<RunResultsQuery, RunResultsQueryVariables>;

export const RunResultQueryText = `query RunResult($id: UUID!) {
  testResult(id: $id) {
    id
    position
    repetition
    state
    kind
    input
    output
    expected
    context
    toolCalls
    category
    tags
    errorCode
    errorMessage
    durationMs
    attempts
    inputTokens
    outputTokens
    cost
    conversationEnd
    jobId
    evaluations(first: 50) {
      nodes {
        metric
        passed
        score
        category
        reason
      }
    }
    turns(first: 100, orderBy: POSITION_ASC) {
      nodes {
        position
        role
        content
        durationMs
      }
    }
  }
}` as Operation<RunResultQuery, RunResultQueryVariables>;

export const TestRunsQueryText = `query TestRuns($first: Int!, $filter: TestRunFilter) {
  testRuns(first: $first, orderBy: ID_DESC, filter: $filter) {
    nodes {
      ...RunLine
    }
    pageInfo {
      hasNextPage
    }
  }
}

fragment RunLine on TestRun {
  id
  createdAt
  total
  repeat
  userId
  sourceRunId
  testConfigurationId
  testConfiguration {
    testSet {
      id
      name
      baselineRunId
    }
    endpoint {
      id
      name
    }
  }
  summary {
    state
    queued
    running
    passed
    failed
    errored
    cancelled
    flaky
    passRate
    startedAt
    finishedAt
    p50Ms
    p95Ms
    p99Ms
    inputTokens
    outputTokens
    cost
  }
}` as Operation<TestRunsQuery, TestRunsQueryVariables>;

export const TestChoicesQueryText = `query TestChoices {
  testSets(first: 100, orderBy: NAME_ASC) {
    nodes {
      id
      name
    }
  }
  endpoints(first: 100) {
    nodes {
      id
      name
    }
  }
  metrics(first: 100) {
    nodes {
      id
      name
      kind
    }
  }
}` as Operation<TestChoicesQuery, TestChoicesQueryVariables>;

export const TestMembersQueryText = `query TestMembers {
  memberships(first: 100) {
    nodes {
      userId
      user {
        name
        email
      }
    }
  }
}` as Operation<TestMembersQuery, TestMembersQueryVariables>;

export const HasTestRunsQueryText = `query HasTestRuns {
  __type(name: "GenerateTestsInput") {
    name
  }
}` as Operation<HasTestRunsQuery, HasTestRunsQueryVariables>;

export const TestSetPageQueryText = `query TestSetPage($id: UUID!, $first: Int!) {
  testSet(id: $id) {
    id
    name
    description
    baselineRunId
    testSetMetrics(first: 50) {
      nodes {
        metricId
        metric {
          name
        }
      }
    }
    testSetTests(first: $first, orderBy: POSITION_ASC) {
      totalCount
      nodes {
        position
        test {
          id
          kind
          input
          expected
          category
          tags
          goal
          instructions
          restrictions
          maxTurns
          simulatedUserModelId
          version
        }
      }
      pageInfo {
        hasNextPage
      }
    }
  }
}` as Operation<TestSetPageQuery, TestSetPageQueryVariables>;

export const TestSetDraftsQueryText = `query TestSetDrafts($id: UUID!) {
  testDrafts(first: 100, condition: {testSetId: $id, state: "draft"}) {
    nodes {
      id
      input
      expected
      category
      tags
      source
    }
    totalCount
  }
}` as Operation<TestSetDraftsQuery, TestSetDraftsQueryVariables>;

export const GenerationJobQueryText = `query GenerationJob($id: UUID!) {
  job(id: $id) {
    id
    state
    progress
    progressNote
    errorCode
    errorMessage
  }
}` as Operation<GenerationJobQuery, GenerationJobQueryVariables>;

export const TestSetListQueryText = `query TestSetList($first: Int!) {
  testSets(first: $first, orderBy: NAME_ASC) {
    nodes {
      id
      name
      description
      createdAt
      baselineRunId
      testSetTests {
        totalCount
      }
    }
    pageInfo {
      hasNextPage
    }
  }
}` as Operation<TestSetListQuery, TestSetListQueryVariables>;

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
