import { Command } from "commander";
import { connect, type RemoteOptions } from "./remote/client.ts";
import { remoteCommand } from "./remote/command.ts";
import { readJson } from "./remote/read-json.ts";
import { made } from "./remote/schemas.ts";

type Options = RemoteOptions & { name: string; kind: string; parameters: string };

export function metricCommand(): Command {
  const command = remoteCommand<Options>("create", create)
    .description("Store a metric: a rule that judges outputs. Prints its id.")
    .requiredOption("--name <name>", "of the metric")
    .requiredOption(
      "--kind <kind>",
      "exact, contains, regex, number, …; by a model numeric, categorical or goal",
    )
    .option("--parameters <json>", "of this kind", "{}");
  return new Command("metric").description("Manage metrics, through the API.").addCommand(command);
}

async function create(_: string | undefined, options: Options): Promise<void> {
  const remote = connect(options);
  const { name, kind, parameters } = options;
  const json = { name, kind, parameters: readJson("--parameters", parameters) };
  console.log((await remote.post(made, "/api/metrics", { json })).id);
}
