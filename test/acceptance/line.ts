import type { TestContext, TestOptions } from "node:test";

type TestArguments = [name: string, options: TestOptions, run: (context: TestContext) => Promise<void>];

/**
 * One line of an issue's "Shows", numbered as there, as arguments of `test`. `show` returns its figure, which is printed.
 * @param options long: minutes rather than seconds; run by `npm run acceptance -- <name>` and left out of `npm test`;
 * lacking: what is not on this machine, or false
 */
export function line(
  number: number,
  title: string,
  options: { long?: boolean; lacking?: string | false },
  show: (context: TestContext) => Promise<string>,
): TestArguments {
  const skip =
    options.long === true && process.env.ROWLOCK_ACCEPTANCE !== "on"
      ? "long: npm run acceptance"
      : (options.lacking ?? false);
  return [
    `${number}. ${title}`,
    { skip },
    async (context) => {
      context.diagnostic(`${number}: ${await show(context)}`);
    },
  ];
}
