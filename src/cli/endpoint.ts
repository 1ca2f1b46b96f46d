import { Command, InvalidArgumentError } from "commander";
import { connect, type RemoteOptions } from "./remote/client.ts";
import { remoteCommand } from "./remote/command.ts";
import { readJson } from "./remote/read-json.ts";
import { made } from "./remote/schemas.ts";

type Options = RemoteOptions & {
  name: string;
  url: string;
  method: string;
  template?: string;
  path?: string;
  header: Record<string, string>;
  timeoutMs?: string;
};

export function endpointCommand(): Command {
  const command = remoteCommand<Options>("create", create)
    .description("Store an endpoint: where your AI product is asked. Prints its id.")
    .requiredOption("--name <name>", "of the endpoint")
    .requiredOption("--url <url>", "where the product is")
    .option("--method <method>", "POST, GET, PUT or PATCH", "POST")
    .option(
      "--template <json>",
      'the request\'s body; texts in it may hold {{ input }}. Default: {"input": "{{ input }}"}',
    )
    .option("--path <path>", "where the output is in the answer. Default: output")
    .option("--header <name:value>", "sent along; may be repeated", collectHeader, {})
    .option("--timeout-ms <number>", "longest call");
  return new Command("endpoint").description("Manage endpoints, through the API.").addCommand(command);
}

async function create(_: string | undefined, options: Options): Promise<void> {
  const remote = connect(options);
  const { name, url, method, path, header, template, timeoutMs } = options;
  const json = {
    name,
    url,
    method,
    headers: header,
    ...(template === undefined ? {} : { requestTemplate: readJson("--template", template) }),
    ...(path === undefined ? {} : { responsePath: path }),
    ...(timeoutMs === undefined ? {} : { timeoutMs: Number(timeoutMs) }),
  };
  console.log((await remote.post(made, "/api/endpoints", { json })).id);
}

function collectHeader(text: string, headers: Record<string, string>): Record<string, string> {
  const colon = text.indexOf(":");
  if (colon < 1) throw new InvalidArgumentError('Write it like "x-key: value".');
  return { ...headers, [text.slice(0, colon).trim()]: text.slice(colon + 1).trim() };
}
