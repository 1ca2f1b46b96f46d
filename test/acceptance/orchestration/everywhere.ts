import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildSchema } from "graphql";
import { type Block, readBlocks, repository } from "../../docs/pages.ts";
import { startEvals } from "../../evals/support.ts";

type Capability = {
  /** Operations of the OpenAPI document. */
  rest: readonly string[];
  /** Fields of Query, Mutation or a type ("Job.cancelRequestedAt"). */
  graphql: readonly string[];
  /** The page, and what must stand in a block of it that a test runs. */
  page: string;
  snippet: RegExp;
};

const control = "docs/control.md";
const schedules = "docs/schedules.md";
const capabilities: Record<string, Capability> = {
  cancel: {
    rest: ["cancelJob", "cancelJobs", "countJobs"],
    graphql: ["cancelJob", "cancelJobs", "countMatchingJobs", "Job.cancelRequestedAt"],
    page: control,
    snippet: /cancel_jobs\(/,
  },
  retry: {
    rest: ["retryJob", "retryJobs"],
    graphql: ["retryJob", "retryJobs"],
    page: control,
    snippet: /retry_job\(/,
  },
  deadline: {
    rest: ["launchJob"],
    graphql: ["LaunchJobInput.deadline", "Job.deadlineAt"],
    page: control,
    snippet: /deadline =>/,
  },
  pause: {
    rest: ["pauseJobs", "resumeJobs", "listPauses"],
    graphql: ["pauseJobs", "resumeJobs", "pauses"],
    page: control,
    snippet: /pause_jobs\(/,
  },
  priority: {
    rest: ["launchJob"],
    graphql: ["LaunchJobInput.priority"],
    page: "docs/launching-from-sql.md",
    snippet: /priority =>/,
  },
  "run at": { rest: ["launchJob"], graphql: ["LaunchJobInput.runAt"], page: control, snippet: /run_at =>/ },
  keys: {
    rest: ["launchJob"],
    graphql: ["LaunchJobInput.keyMode"],
    page: control,
    snippet: /key_mode => 'debounce'/,
  },
  batches: {
    rest: ["launchBatch", "getBatch", "listBatches"],
    graphql: ["launchBatch", "batch", "batches", "Batch.progress"],
    page: control,
    snippet: /launchBatch\(tx/,
  },
  dependencies: {
    rest: ["launchJob", "launchBatch"],
    graphql: ["LaunchJobInput.dependsOn", "BatchJobInput.dependsOn"],
    page: control,
    snippet: /depends_on =>/,
  },
  steps: { rest: [], graphql: ["jobSteps"], page: control, snippet: /await step\(/ },
  sleep: { rest: [], graphql: [], page: control, snippet: /await sleep\(/ },
  schedules: {
    rest: [
      "createSchedule",
      "updateSchedule",
      "deleteSchedule",
      "listSchedules",
      "getSchedule",
      "runSchedule",
      "previewTicks",
    ],
    graphql: [
      "createSchedule",
      "updateSchedule",
      "deleteSchedule",
      "runSchedule",
      "schedules",
      "scheduleRuns",
      "scheduleTicks",
    ],
    page: schedules,
    snippet: /createSchedule\(/,
  },
  audit: { rest: ["listAudit"], graphql: ["auditEntries"], page: "docs/audit.md", snippet: /audit_entries/ },
  "test run": {
    rest: ["cancelTestRun", "retryTestRun"],
    graphql: ["cancelTestRun", "retryTestRun", "TestRun.batch"],
    page: "docs/test-runs.md",
    snippet: /api\/test-runs/,
  },
  "testing a task": { rest: [], graphql: [], page: "docs/testing.md", snippet: /createTestDatabase\(\)/ },
};
/** For operators, at their own door. */
const operators = [
  "createSystemSchedule",
  "updateSystemSchedule",
  "systemSchedules",
  "createTaskPolicy",
  "auditEntries",
];
const run = new Set(["sh", "ts", "sql", "graphql"]);

/** Line 10: what this is about is at every door, and on a page that a test follows. */
export async function everywhere(): Promise<string> {
  const operations = await documented();
  const tenants = fieldsOf("schema.graphql");
  const missing: string[] = [];
  const need = (there: boolean, what: string) => {
    if (!there) missing.push(what);
  };
  for (const [name, { rest, graphql, page, snippet }] of Object.entries(capabilities)) {
    for (const one of rest) need(operations.has(one), `${name}: no operation ${one}`);
    for (const one of graphql) need(tenants.has(one), `${name}: no field ${one}`);
    const blocks: Block[] = readBlocks(join(repository, page)).filter(({ language }) => run.has(language));
    need(
      blocks.some(({ text }) => snippet.test(text)),
      `${name}: no snippet ${snippet} in ${page}`,
    );
  }
  const theirs = fieldsOf("operators.graphql");
  for (const one of operators) need(theirs.has(one), `operators: no field ${one}`);
  assert.deepEqual(missing, []);
  return `${Object.keys(capabilities).length} capabilities in ${operations.size} operations and ${tenants.size} fields, each on a page whose snippets run`;
}

async function documented(): Promise<Set<string>> {
  const world = await startEvals();
  try {
    const { body } = await world.send("GET", "/api/openapi.json", { as: world.north.member });
    const { paths } = body as { paths: Record<string, Record<string, { operationId?: string }>> };
    const all = Object.values(paths).flatMap((methods) => Object.values(methods));
    return new Set(all.flatMap(({ operationId }) => operationId ?? []));
  } finally {
    await world.stop();
  }
}

/** Fields of queries and mutations by name, those of all types as "Type.field". */
function fieldsOf(file: string): Set<string> {
  const schema = buildSchema(readFileSync(join(repository, file), "utf8"));
  const fields = new Set<string>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!("getFields" in type)) continue;
    for (const field of Object.keys(type.getFields())) {
      fields.add(`${type.name}.${field}`);
      if (type.name === "Query" || type.name === "Mutation") fields.add(field);
    }
  }
  return fields;
}
