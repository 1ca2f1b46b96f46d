import { Command } from "commander";
import { z } from "zod";
import { createPool, locateDatabase } from "../../db/index.ts";
import { issueToken } from "../../tenancy/index.ts";
import { startWorker } from "../../worker/index.ts";
import { createOrganization } from "../admin.ts";
import { serveApi } from "../api.ts";
import { readEnvironment } from "../environment.ts";
import { migrateDatabase } from "../migrate.ts";
import { signInOffers } from "../sign-in-offers.ts";
import { untilSignal } from "../until-signal.ts";
import { apiClient } from "./client.ts";
import { serveQuizBot } from "./endpoint.ts";
import { launchRun, watchRun } from "./run.ts";
import { progressBar, showResults, showVerdict } from "./show.ts";

export function demoCommand(): Command {
  return new Command("demo")
    .description("Show it: two organizations, one of which tests a quiz bot with 50 questions.")
    .option("--serve", "leave everything running")
    .action(demo);
}

async function demo({ serve }: { serve?: boolean }): Promise<void> {
  // The quiz bot runs on this machine; only the demo lets tenants' URLs lead there. The task reads it as it loads.
  process.env.ALLOW_INTERNAL_ADDRESSES ??= "127.0.0.0/8";
  const environment = await readEnvironment({
    LOG_LEVEL: process.env.LOG_LEVEL ?? "warn",
    API_PORT: process.env.API_PORT ?? (serve ? undefined : "0"),
  });
  const { settings, logger } = environment;
  await using ends = new AsyncDisposableStack();

  const { logins, embedded } = await locateDatabase(settings, ["admin", "api", "task", "broker"]);
  ends.defer(async () => embedded?.stop());
  console.log(embedded === undefined ? "Database: DATABASE_URL" : "Database: embedded Postgres");
  await migrateDatabase(settings, logger);
  const worker = await startWorker(settings, logger);
  ends.defer(() => worker.stop());
  const offers = serve ? await signInOffers(environment, logins) : undefined;
  ends.defer(async () => offers?.end());
  const api = await serveApi(environment, logins, offers?.list);
  ends.defer(() => api.stop());
  const bot = await serveQuizBot();
  ends.defer(() => bot.close());

  const stamp = Date.now().toString(36);
  const [acme, globex] = await makeOrganizations(logins.admin, environment, [
    `acme-${stamp}`,
    `globex-${stamp}`,
  ]);
  const client = apiClient(api.url, acme);
  console.log(`API: ${api.url}\n\nAcme tests its quiz bot, one job for each question:`);
  const began = performance.now();
  const runId = await launchRun(client, bot.url);
  const summary = await watchRun(client, runId, progressBar());
  const results: unknown = await (await client.get(`/api/test-runs/${runId}/results?first=100`)).json();
  showResults(results);
  showVerdict(summary, (performance.now() - began) / 1000);
  await showWall(apiClient(api.url, globex), runId);

  if (serve) {
    console.log(
      `\nDashboard: ${api.url}/dashboard/\nGraphiQL: ${api.url}/graphiql\nREST:     ${api.url}/api/test-runs/${runId}\nToken:    ${acme}\n`,
    );
    await untilSignal(logger, async () => undefined, worker.ended);
  } else if (summary.state !== "completed") {
    process.exitCode = 1;
  }
}

/** Organizations with an owner each. @returns a token for each owner */
async function makeOrganizations(
  adminUrl: string,
  { settings, logger }: Awaited<ReturnType<typeof readEnvironment>>,
  names: [string, string],
): Promise<[string, string]> {
  const pool = createPool({ url: adminUrl, max: 1, name: "rowlock-demo", role: "rowlock_owner", logger });
  try {
    const token = async (name: string) => {
      const who = await createOrganization(pool, name, `owner@${name}.example`);
      return await issueToken(settings, { ...who, expiresIn: "8h" });
    };
    return [await token(names[0]), await token(names[1])];
  } finally {
    await pool.end();
  }
}

/** The other organization looks for the run, its results and its jobs, and finds none. */
async function showWall(other: ReturnType<typeof apiClient>, runId: string): Promise<void> {
  const counted = z.object({ totalCount: z.number() });
  const seen = await other.graphql(
    z.object({ testRuns: counted, testResults: counted, jobs: counted }),
    "{ testRuns { totalCount } testResults { totalCount } jobs { totalCount } }",
  );
  const { status } = await other.get(`/api/test-runs/${runId}`);
  const total = seen.testRuns.totalCount + seen.testResults.totalCount + seen.jobs.totalCount;
  console.log(
    `\nGlobex, the other organization, sees ${seen.testRuns.totalCount} runs, ${seen.testResults.totalCount} results, ${seen.jobs.totalCount} jobs; the run by its id: ${status}.`,
  );
  if (total > 0 || status !== 404) throw new Error("An organization saw what is another's.");
}
