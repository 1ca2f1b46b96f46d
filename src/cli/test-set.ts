import { openAsBlob } from "node:fs";
import { access, constants } from "node:fs/promises";
import { extname } from "node:path";
import { pipeline } from "node:stream/promises";
import { Command, Option } from "commander";
import { z } from "zod";
import { connect, type RemoteOptions } from "./remote/client.ts";
import { remoteCommand } from "./remote/command.ts";
import { find, look } from "./remote/find.ts";
import { exitCodes, Refusal } from "./remote/refusal.ts";
import { made } from "./remote/schemas.ts";

type Options = RemoteOptions & Record<Column, string | undefined> & { name: string };
const columns = [
  "input",
  "expected",
  "category",
  "tags",
  "goal",
  "instructions",
  "restrictions",
  "maxTurns",
] as const;
type Column = (typeof columns)[number];

const typeOf: Record<string, string> = {
  ".jsonl": "application/x-ndjson",
  ".ndjson": "application/x-ndjson",
  ".csv": "text/csv",
};

export function testSetCommand(): Command {
  const command = remoteCommand<Options>("import", importFile)
    .description("Make a test set of a JSONL or CSV file. Prints its id.")
    .argument("<file>", "ends with .jsonl, .ndjson or .csv")
    .requiredOption("--name <name>", "of the test set");
  command.option("--input <field>", "which field of the file is the input", "input");
  command.option("--expected <field>", "which is the expected output");
  command
    .option("--category <field>", "which is the category")
    .option("--tags <field>", "which are the tags")
    .option("--goal <field>", "which is the goal, where the test is a conversation")
    .option("--instructions <field>", "which says who the simulated user is")
    .option("--restrictions <field>", "which says what must not be done")
    .option("--max-turns <field>", "which is the number of turns at most");
  const out = remoteCommand<ExportOptions>("export", exportFile)
    .description("Print the tests of a set, as an import takes them.")
    .requiredOption("--name <name>", "of the test set")
    .addOption(new Option("--format <format>").choices(["jsonl", "csv"]).default("jsonl"));
  return new Command("test-set")
    .description("Manage test sets, through the API.")
    .addCommand(command)
    .addCommand(out);
}

type ExportOptions = RemoteOptions & { name: string; format: string };

async function exportFile(_argument: string | undefined, options: ExportOptions): Promise<void> {
  const remote = connect(options);
  const { id } = await find(remote, "testSet", options.name);
  const file = await remote.read(`/api/test-sets/${id}/export?format=${options.format}`);
  await pipeline(file, process.stdout, { end: false }).catch((cause: Error) => {
    throw new Refusal(`The test set was not read to its end: ${cause.message}.`, exitCodes.notExecuted);
  });
}

async function importFile(file: string | undefined, options: Options): Promise<void> {
  const remote = connect(options);
  const type = typeOf[extname(file ?? "").toLowerCase()];
  if (file === undefined || type === undefined) {
    throw new Refusal(`"${file}" ends neither with .jsonl nor with .csv.`);
  }
  await access(file, constants.R_OK).catch((cause: Error) => {
    throw new Refusal(`The file ${file} cannot be read: ${cause.message}.`);
  });
  const tests = await openAsBlob(file);
  const query = new URLSearchParams();
  for (const one of columns) if (options[one] !== undefined) query.set(one, options[one]);

  // One without tests may be there from an import whose file could not be used.
  const there = await look(remote, "testSet", options.name);
  if ((there?.tests ?? 0) > 0) {
    throw new Refusal(
      `There is a test set "${options.name}" with ${there?.tests} tests already. Choose another --name.`,
    );
  }
  const { id } = there ?? (await remote.post(made, "/api/test-sets", { json: { name: options.name } }));
  const counted = z.object({ imported: z.number() });
  const { imported } = await remote.post(counted, `/api/test-sets/${id}/import?${query}`, {
    text: tests,
    type,
  });
  console.error(`Imported ${imported} tests into "${options.name}".`);
  console.log(id);
}
