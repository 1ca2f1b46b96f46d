import { Command } from "commander";
import { endWith, exitCodes } from "./refusal.ts";

/**
 * A command that talks to the API: it takes the API's URL and a token, and ends with 2 when it was called wrongly.
 * @param act whatever it throws is printed in one line, if it can be
 */
export function remoteCommand<Options>(
  name: string,
  act: (argument: string | undefined, options: Options) => Promise<void>,
): Command {
  const command = new Command(name)
    .option("--api <url>", "address of the API; default: ROWLOCK_URL")
    .option("--token <token>", "an API key or a token; default: ROWLOCK_TOKEN")
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : exitCodes.usage));
  return command.action(async () => {
    try {
      await act(command.args[0], command.opts<Options & object>());
    } catch (error) {
      endWith(error);
    }
  });
}
