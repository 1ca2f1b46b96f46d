import type { Job, JobState } from "../sdk/index.ts";

/** What the API answers with, beside `Job`. A test holds these types against those of the server. */

export type Batch = {
  id: string;
  name: string;
  progress: { jobs: number } & Record<JobState, number>;
  onCompleteJobId: string | null;
  createdAt: string;
  completedAt: string | null;
};

/** Which jobs: those that fit every condition given. */
export type JobMatch = {
  /** Default: all in which the action is possible. */
  states?: readonly JobState[] | undefined;
  task?: string | undefined;
  key?: string | undefined;
  ids?: readonly string[] | undefined;
  launchedAfter?: Date | undefined;
  launchedBefore?: Date | undefined;
  batchId?: string | undefined;
  tag?: string | undefined;
};

/** Conditions on how jobs ended; `errorFingerprint` is the same for errors that differ in numbers, ids and quoted texts. */
export type ErrorMatch = { errorCode?: string | undefined; errorFingerprint?: string | undefined };

/** Who the client speaks as. Names are null where an application keeps them elsewhere. */
export type Viewer = {
  userId: string | null;
  email: string | null;
  name: string | null;
  organizationId: string;
  organizationName: string | null;
  /** That of the membership, or of the API key if that is less. */
  role: "owner" | "admin" | "member" | "viewer";
  apiKeyId: string | null;
};

/** What was done at once, and how many more at work were asked to stop. */
export type Acted = { jobs: number; asked: number };

export type Schedule = {
  id: string;
  name: string;
  task: string;
  payload: unknown;
  expression: string;
  timeZone: string;
  catchUp: "skip" | "last" | "all";
  overlap: "allow" | "skip";
  priority: number;
  enabled: boolean;
  userId: string;
  nextAt: string | null;
  lastAt: string | null;
  lastJobId: string | null;
  error: { code: string; message: string } | null;
  createdAt: string;
  updatedAt: string;
};

export type TestRunState = "queued" | "running" | "completed" | "partial" | "failed" | "cancelled";

export type TestRun = {
  id: string;
  testSetId: string;
  endpointId: string;
  batchId: string;
  sourceRunId: string | null;
  repeat: number;
  concurrency: number | null;
  metrics: string[];
  state: TestRunState;
  total: number;
  queued: number;
  running: number;
  passed: number;
  failed: number;
  errored: number;
  cancelled: number;
  passRate: number | null;
  flaky: number;
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
  inputTokens: number | null;
  outputTokens: number | null;
  cost: number | null;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
};

export type TestResult = {
  id: string;
  testId: string;
  testVersion: number;
  position: number;
  repetition: number;
  state: "queued" | "running" | "passed" | "failed" | "errored" | "cancelled";
  kind: "single_turn" | "multi_turn";
  input: string;
  expected: string | null;
  category: string | null;
  tags: string[];
  output: string | null;
  durationMs: number | null;
  turns: number | null;
  inputTokens: number | null;
  outputTokens: number | null;
  cost: number | null;
  context: unknown;
  toolCalls: unknown;
  conversationId: string | null;
  attempts: number;
  error: { code: string; message: string } | null;
  evaluations: {
    metric: string;
    passed: boolean;
    score: number;
    category: string | null;
    reason: string;
  }[];
  finishedAt: string | null;
};

type Outcome = "passed" | "failed" | "errored" | "cancelled" | "unfinished" | "missing";
type Group = {
  name: string;
  tests: number;
  passedBefore: number;
  passedAfter: number;
  fixed: number;
  regressed: number;
};

/** Two test runs side by side. */
export type Comparison = {
  beforeId: string;
  afterId: string;
  tests: number;
  passedBefore: number;
  passedAfter: number;
  unchanged: number;
  fixed: number;
  regressed: number;
  others: number;
  pValue: number | null;
  significance: string;
  flips: {
    testId: string;
    input: string;
    category: string | null;
    tags: string[];
    before: Outcome;
    after: Outcome;
    edited: boolean;
  }[];
  byCategory: Group[];
  byTag: Group[];
};

/** A job whose result is typed by its task. */
export type JobOf<Result> = Omit<Job, "result"> & { result: Result | null };
