import { type Command, Option } from "commander";
import { remoteCommand } from "../remote/command.ts";
import { readOptions } from "./options.ts";
import { testRun } from "./test-run.ts";

const exits = `
Ends with
  0    the run is at or above the gate, or there is no gate
  1    it was executed and is below the gate, or worse than the run before
  2    it was called wrongly: a flag, a name, the URL, the token
  3    it was not executed whole: the API cannot be reached, the run was cancelled or
       took longer than --timeout, or tests errored, so that nobody could judge them
  130  Ctrl-C; the run is cancelled (143 after SIGTERM)
`;

export function testRunCommand(): Command {
  return remoteCommand<unknown>("test-run", (_, options) => testRun(readOptions(options)))
    .description("Execute a test set against an endpoint, through the API, and judge what came of it.")
    .requiredOption("--test-set <name>", "name or id")
    .requiredOption("--endpoint <name>", "name or id")
    .option(
      "--metric <name...>",
      "names or ids; exact, contains and number are made if need be. Default: all there are",
    )
    .option("--wait", "wait for the end. Implied by all that follow, but for --concurrency and --repeat")
    .option("--fail-under <rate>", "end with 1 when fewer passed, such as 0.9")
    .option("--fail-on-regression", "end with 1 when a test failed that passed in the run before")
    .option("--junit <file>", "write a JUnit report")
    .option("--json <file>", "write a JSON report")
    .option("--markdown <file>", "write a summary; $GITHUB_STEP_SUMMARY is added to")
    .option("--timeout <seconds>", "cancel the run after so long")
    .addOption(new Option("--concurrency <number>", "tests at once"))
    .addOption(new Option("--repeat <number>", "ask each test so often"))
    .addHelpText("after", exits);
}
