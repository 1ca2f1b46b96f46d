import { connect } from "../remote/client.ts";
import { type Result, type Run, run } from "../remote/schemas.ts";
import { compareWithBaseline } from "./baseline.ts";
import { cancel, listen } from "./cancel.ts";
import { checkFiles, writeReports } from "./files.ts";
import { judge } from "./gate.ts";
import type { Options } from "./options.ts";
import { type Plan, readPlan } from "./plan.ts";
import { readResults } from "./read-results.ts";
import { type TestReport, testReport } from "./report.ts";
import { showReport } from "./table.ts";
import { untilEnded } from "./wait.ts";

/** Executes, waits, judges, reports: the command from its flags to its exit code. @throws Refusal */
export async function testRun(options: Options): Promise<void> {
  const remote = connect(options);
  await checkFiles(options);
  const plan = await readPlan(remote, options);
  using interrupts = listen(options.timeout === undefined ? undefined : options.timeout * 1_000);
  const begun = await remote.post(run, `/api/test-sets/${plan.testSet.id}/execute`, { json: plan.request });
  if (!options.wait) {
    console.log(begun.id);
    return;
  }
  console.error(
    `Run ${begun.id}: "${plan.testSet.name}" against "${plan.endpoint.name}", ${begun.total} tests.`,
  );
  let ended: Run;
  try {
    ended = await untilEnded(remote, begun, interrupts.signal);
  } catch (error) {
    if (!interrupts.signal.aborted) throw error;
    const reason = String(interrupts.signal.reason);
    console.error(`${reason} ${await cancel(remote, begun.id, reason)}`);
    // Not process.exitCode: a cancel that is not answered would hold the process.
    process.exit(interrupts.exitCode());
  }
  const results: Result[] = [];
  for await (const result of readResults(remote, ended.id)) results.push(result);
  const compared = options.failOnRegression ? await compareWithBaseline(remote, ended, results) : undefined;
  const report = build(plan, ended, results, compared, options);
  await writeReports(report, options);
  showReport(report);
  process.exitCode = report.gate.exitCode;
}

function build(
  { testSet, endpoint }: Plan,
  ended: Run,
  results: Result[],
  compared: Awaited<ReturnType<typeof compareWithBaseline>>,
  { failUnder, failOnRegression }: Options,
): TestReport {
  const regressions = compared?.regressions ?? [];
  const { id, state, createdAt, startedAt, finishedAt, total, passed, failed, errored, cancelled, passRate } =
    ended;
  return testReport.parse({
    version: 1,
    run: {
      id,
      state,
      testSet: { id: testSet.id, name: testSet.name },
      endpoint: { id: endpoint.id, name: endpoint.name },
      createdAt,
      startedAt,
      finishedAt,
    },
    counts: { total, passed, failed, errored, cancelled },
    passRate,
    baseline:
      compared === undefined ? null : { runId: compared.baseline.id, passRate: compared.baseline.passRate },
    regressions: regressions.map(({ testId, position }) => ({ testId, position })),
    gate: {
      failUnder: failUnder ?? null,
      failOnRegression,
      ...judge(ended, { failUnder, failOnRegression }, regressions.length),
    },
    results,
  });
}
