import { everyone, newId, type Side } from "./side.ts";

export type Writer = "member" | "task";

/** What the suite must know of a table that it cannot read from the catalogue. A new table needs a line here. */
export type Seed = {
  table: string;
  /** Rows of an organization: its canary in every text that can carry it. Parents come before their children. */
  rows(side: Side): Record<string, unknown>[];
  /** Rows of nobody, put in once. */
  shared?(north: Side, south: Side): Record<string, unknown>[];
  /** Who of the own organization may do what; nobody may do the rest. A task may do what a member may. */
  writers?: { insert?: Writer; update?: Writer; delete?: Writer };
  /** Who of the own organization reads it. Default: every member, viewers too. */
  readers?: "administrators" | "nobody";
  /** How another row of the same kind differs, beside its id and its texts. */
  fresh?(side: Side): Record<string, string>;
  /** Columns whose values are not free although no check constraint lists them. */
  noCanary?: readonly string[];
};

const all: Seed["writers"] = { insert: "member", update: "member", delete: "member" };
const now = () => new Date();

const kernel: Seed[] = [
  {
    table: "rowlock.organizations",
    rows: (s) => [{ id: s.id, name: `${s.canary} Ltd` }],
  },
  {
    table: "rowlock.users",
    rows: (s) =>
      Object.entries(s.users).map(([role, id]) => ({
        id,
        email: `${role}@${s.canary}.example`,
        name: s.canary,
      })),
  },
  {
    table: "rowlock.memberships",
    rows: (s) => Object.entries(s.users).map(([role, user_id]) => ({ organization_id: s.id, user_id, role })),
  },
  {
    table: "rowlock.api_keys",
    rows: (s) => [
      {
        organization_id: s.id,
        id: s.apiKey.id,
        user_id: s.users.owner,
        name: s.canary,
        role: "owner",
        prefix: s.canary,
        secret_hash: s.apiKey.hash,
      },
    ],
  },
  {
    table: "rowlock.tasks",
    rows: () => [],
    // What only the system may launch is nobody's to see: it carries the other's canary.
    shared: (_north, south) => [
      task(everyone, "member", everyone),
      task("evals/run-test", "member", everyone),
      task("evals/notify-webhook", "member", everyone),
      task("attack/system", "system", south.canary),
      task(hidden(south), "system", south.canary),
    ],
    noCanary: ["name"],
  },
  {
    table: "rowlock.job",
    rows: (s) => [job(s, s.live.id), job(s, s.ids.ended)],
  },
  {
    table: "rowlock.live",
    rows: (s) => [
      {
        organization_id: s.id,
        id: s.live.id,
        run_at: now(),
        state: "queued",
        task: s.live.task,
        lane: s.canary,
        key: s.canary,
        progress_note: s.canary,
        fence: s.live.fence,
      },
    ],
  },
  {
    table: "rowlock.job_end",
    rows: (s) => [
      {
        organization_id: s.id,
        id: s.ids.ended,
        run_at: now(),
        priority: 0,
        attempt: 1,
        state: "failed",
        task: s.canary,
        key: s.canary,
        error_code: s.canary,
        error_message: s.canary,
        result: { text: s.canary },
      },
    ],
  },
  {
    table: "rowlock.ended_counts",
    rows: (s) => [{ organization_id: s.id, id: newId(), state: "failed", jobs: 1 }],
  },
  {
    table: "rowlock.job_events",
    rows: (s) => [
      {
        organization_id: s.id,
        id: newId(),
        job_id: s.ids.ended,
        kind: "failed",
        attempt: 1,
        code: s.canary,
        message: s.canary,
      },
    ],
  },
  {
    table: "rowlock.ended_minutes",
    rows: (s) => [
      {
        organization_id: s.id,
        minute: new Date(0),
        succeeded: 0,
        failed: 1,
        cancelled: 0,
        wait: [1],
        run: [1],
      },
    ],
  },
  {
    table: "rowlock.job_tags",
    rows: (s) => [{ organization_id: s.id, tag: s.canary, job_id: s.ids.ended }],
  },
  {
    table: "rowlock.job_steps",
    rows: (s) => [{ organization_id: s.id, job_id: s.live.id, name: s.canary, result: { text: s.canary } }],
  },
  {
    table: "rowlock.cancellations",
    rows: (s) => [{ organization_id: s.id, job_id: newId(), reason: s.canary }],
  },
  {
    table: "rowlock.batches",
    rows: (s) => [
      {
        organization_id: s.id,
        id: s.ids.batch,
        name: s.canary,
        on_complete_task: s.canary,
        on_complete_payload: { text: s.canary },
      },
    ],
  },
  {
    table: "rowlock.dependencies",
    rows: (s) => [
      {
        organization_id: s.id,
        job_id: s.live.id,
        depends_on: s.ids.ended,
        if_failed: "cancel",
        marked: true,
      },
    ],
  },
];

const bySchedule: Seed[] = [
  {
    table: "rowlock.schedules",
    rows: (s) => [
      {
        organization_id: s.id,
        id: s.ids.schedule,
        name: s.canary,
        task: s.canary,
        payload: { text: s.canary },
        expression: s.canary,
        time_zone: s.canary,
        catch_up: s.canary,
        overlap: s.canary,
        enabled: false,
        user_id: s.users.owner,
        error_code: s.canary,
        error_message: s.canary,
      },
    ],
  },
  {
    table: "rowlock.schedule_runs",
    rows: (s) => [
      { organization_id: s.id, schedule_id: s.ids.schedule, tick_at: now(), job_id: s.ids.ended },
    ],
  },
  {
    table: "rowlock.launch_requests",
    rows: (s) => [
      { organization_id: s.id, key: s.canary, request_hash: Buffer.alloc(32), job_ids: [s.ids.ended] },
    ],
  },
  {
    table: "rowlock.system_schedules",
    rows: (s) => [
      {
        name: s.canary,
        task: "attack/system",
        payload: { text: s.canary },
        expression: "0 0 1 1 *",
        enabled: false,
      },
    ],
    readers: "nobody",
    // Checked or set by its trigger.
    noCanary: ["task", "expression", "time_zone", "catch_up", "error_code", "error_message"],
  },
];

const policies: Seed[] = [
  {
    table: "rowlock.pauses",
    rows: (s) => [{ organization_id: s.id, task: s.canary, reason: s.canary }],
  },
  {
    table: "rowlock.audit_entries",
    rows: (s) => [
      {
        organization_id: s.id,
        id: newId(),
        user_id: s.users.owner,
        operator: s.canary,
        source: s.canary,
        action: s.canary,
        subject: s.canary,
        before: { text: s.canary },
        after: { text: s.canary },
      },
    ],
    readers: "administrators",
  },
  {
    table: "rowlock.policies",
    rows: (s) => [{ organization_id: s.id, weight: 2 }],
  },
  {
    table: "rowlock.task_policies",
    rows: () => [],
    // Of a task that is nobody's to see, neither is the policy.
    shared: (_north, south) => [{ task: everyone }, { task: hidden(south) }],
  },
];

const hidden = (south: Side) => `${south.canary}/system`;

const models: Seed[] = [
  {
    table: "evals.models",
    rows: (s) => [
      {
        organization_id: s.id,
        id: s.ids.model,
        name: s.canary,
        provider: "openai",
        model: s.canary,
        base_url: `https://${s.canary}.example`,
        key_id: s.ids.secret,
        parameters: { x: s.canary },
      },
    ],
    writers: all,
  },
  {
    table: "evals.model_defaults",
    rows: (s) => [{ organization_id: s.id, purpose: "judge", model_id: s.ids.model }],
    fresh: () => ({ purpose: "generation" }),
    writers: all,
  },
  {
    table: "evals.model_usage",
    rows: (s) => [
      {
        organization_id: s.id,
        id: s.ids.usage,
        model_id: s.ids.model,
        provider_model: s.canary,
        purpose: "judge",
        input_tokens: 1,
        output_tokens: 1,
        idempotency_key: s.canary,
      },
    ],
    writers: { insert: "task" },
  },
];

const evals: Seed[] = [
  {
    table: "evals.endpoints",
    rows: (s) => [
      {
        organization_id: s.id,
        id: newId(),
        name: `${s.canary} model`,
        kind: "model",
        model_id: s.ids.model,
        request_template: { prompt: s.canary },
        response_path: s.canary,
      },
      {
        organization_id: s.id,
        id: s.ids.endpoint,
        name: s.canary,
        url: `https://${s.canary}.example`,
        headers: { "x-key": s.canary },
        request_template: { input: s.canary },
        response_path: s.canary,
        response_mapping: { context: s.canary },
        auth: { type: "header", name: s.canary },
        secret_headers: { [s.canary]: s.ids.secret },
      },
    ],
    writers: all,
  },
  {
    table: "evals.metrics",
    rows: (s) =>
      [s.ids.metric, s.ids.spareMetric].map((id, at) => ({
        organization_id: s.id,
        id,
        name: at === 0 ? s.canary : `${s.canary} spare`,
        // One of those that may refer to a model.
        kind: "goal",
        parameters: { x: s.canary },
      })),
    writers: all,
  },
  {
    table: "evals.test_sets",
    rows: (s) => [{ organization_id: s.id, id: s.ids.set, name: s.canary, description: s.canary }],
    writers: all,
  },
  {
    table: "evals.tests",
    rows: (s) =>
      [s.ids.test, s.ids.spareTest].map((id) => ({
        organization_id: s.id,
        id,
        ...(id === s.ids.spareTest
          ? { input: s.canary }
          : { goal: s.canary, instructions: s.canary, restrictions: s.canary }),
        expected: s.canary,
        category: s.canary,
        tags: [s.canary],
      })),
    writers: all,
  },
  {
    table: "evals.test_set_tests",
    rows: (s) => [{ organization_id: s.id, test_set_id: s.ids.set, test_id: s.ids.test, position: 0 }],
    fresh: (s) => ({ test_id: s.ids.spareTest, position: "1" }),
    writers: all,
  },
  {
    table: "evals.test_set_metrics",
    rows: (s) => [{ organization_id: s.id, test_set_id: s.ids.set, metric_id: s.ids.metric }],
    fresh: (s) => ({ metric_id: s.ids.spareMetric }),
    writers: { insert: "member", delete: "member" },
  },
  {
    table: "evals.test_configurations",
    rows: (s) => [
      {
        organization_id: s.id,
        id: s.ids.configuration,
        test_set_id: s.ids.set,
        endpoint_id: s.ids.endpoint,
      },
    ],
  },
  {
    table: "evals.test_runs",
    rows: (s) => [
      {
        organization_id: s.id,
        id: s.ids.run,
        test_configuration_id: s.ids.configuration,
        user_id: s.users.member,
        batch_id: s.ids.batch,
        endpoint: { name: s.canary },
        metrics: [s.canary],
        total: 2,
      },
    ],
    fresh: () => ({ batch_id: newId() }),
  },
  {
    table: "evals.test_results",
    rows: (s) => [
      {
        ...result(s, s.ids.result, s.ids.test),
        job_id: s.ids.ended,
        state: "errored",
        finished_at: now(),
        error_code: s.canary,
        error_message: s.canary,
        output: s.canary,
        context: [s.canary],
        tool_calls: [s.canary],
        conversation_id: s.canary,
        conversation: { goal: s.canary },
        conversation_end: { reason: s.canary },
      },
      { ...result(s, s.ids.openResult, s.ids.spareTest), job_id: s.ids.openJob },
    ],
    fresh: () => ({ test_id: newId(), job_id: newId() }),
    writers: { update: "task" },
  },
  {
    table: "evals.evaluations",
    rows: (s) => [
      {
        organization_id: s.id,
        test_result_id: s.ids.result,
        metric: s.canary,
        passed: true,
        score: 1,
        category: s.canary,
        reason: s.canary,
      },
    ],
    writers: { insert: "task" },
  },
  {
    table: "evals.test_versions",
    rows: (s) => [{ organization_id: s.id, test_id: s.ids.test, version: 1, contents: { input: s.canary } }],
    writers: {},
  },
  {
    table: "evals.turns",
    rows: (s) => [
      {
        organization_id: s.id,
        test_result_id: s.ids.result,
        position: 0,
        role: "user",
        content: s.canary,
        context: [s.canary],
        tool_calls: [s.canary],
        conversation_id: s.canary,
      },
    ],
    fresh: () => ({ position: "2" }),
    writers: { insert: "task" },
  },
  {
    table: "evals.test_drafts",
    rows: (s) => [
      {
        organization_id: s.id,
        id: s.ids.draft,
        test_set_id: s.ids.set,
        job_id: s.ids.ended,
        input: s.canary,
        expected: s.canary,
        category: s.canary,
        tags: [s.canary],
        source: s.canary,
      },
    ],
    writers: { insert: "task" },
  },
  {
    table: "evals.notification_targets",
    rows: (s) => [
      {
        organization_id: s.id,
        id: s.ids.target,
        name: s.canary,
        kind: "webhook",
        address: `https://${s.canary}.example`,
        secret_id: s.ids.secret,
      },
    ],
    writers: all,
  },
];

/** Tables such as a customer would have; test/api/support.ts makes the same ones. */
const secrets: Seed[] = [
  {
    table: "evals.secrets",
    rows: (s) => [
      {
        organization_id: s.id,
        id: s.ids.secret,
        purpose: s.canary,
        key_name: s.canary,
        ciphertext: Buffer.from(s.canary),
      },
    ],
    writers: { insert: "member", delete: "member" },
  },
];

const application: Seed[] = [
  {
    table: "app.notes",
    rows: (s) => [
      { organization_id: s.id, id: s.ids.note, title: `${s.canary} note`, mood: { text: s.canary } },
    ],
    writers: all,
  },
  {
    table: "app.remarks",
    rows: (s) => [{ organization_id: s.id, id: newId(), note_id: s.ids.note, body: s.canary }],
    writers: all,
  },
];

export const seeds: readonly Seed[] = [
  ...kernel,
  ...bySchedule,
  ...policies,
  ...secrets,
  ...models,
  ...evals,
  ...application,
];

function job(s: Side, id: string): Record<string, unknown> {
  return {
    organization_id: s.id,
    id,
    task: s.canary,
    payload: { text: s.canary },
    key: s.canary,
    user_id: s.users.owner,
    source: s.canary,
    max_attempts: 3,
  };
}

function result(s: Side, id: string, testId: string): Record<string, unknown> {
  return {
    organization_id: s.id,
    id,
    test_run_id: s.ids.run,
    test_id: testId,
    position: 0,
    input: s.canary,
    expected: s.canary,
    category: s.canary,
    tags: [s.canary],
  };
}

function task(name: string, launchRole: string, canary: string): Record<string, unknown> {
  return {
    name,
    description: canary,
    kind: "transactional",
    input_schema: { title: canary },
    output_schema: { title: canary },
    launch_role: launchRole,
    max_attempts: 3,
    timeout_ms: 60_000,
    concurrency_path: [canary],
    concurrency_limit: 5,
  };
}
