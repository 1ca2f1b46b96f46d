import { Command } from "commander";

const timeoutMs = 5_000;

export function healthCommand(): Command {
  return new Command("health")
    .description("Ask a health URL; exit 0 when it is well, 1 when not. For container health checks.")
    .requiredOption("--url <url>", "such as http://127.0.0.1:5680/readyz")
    .action(async ({ url }: { url: string }) => {
      const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) }).catch(
        (error: Error) => error,
      );
      if (answer instanceof Error) console.error(`${url} cannot be reached: ${answer.message}`);
      else console.log(`${answer.status} ${(await answer.text()).slice(0, 500)}`);
      process.exitCode = answer instanceof Error || !answer.ok ? 1 : 0;
    });
}
