/** How a command that talks to the API ends. docs/ai-test-runs.md has the same list. */
export const exitCodes = {
  /** At or above the gate, or there is none. */
  fine: 0,
  /** Executed, and below the gate or worse than before. */
  belowGate: 1,
  /** What was asked cannot be done as it was said: a flag, a name, a token. */
  usage: 2,
  /** The run was not executed whole: the API is gone, the run was cancelled, took too long, or tests errored. */
  notExecuted: 3,
  /** Ctrl-C, as a shell says it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends a command with one line for whoever called it. */
export class Refusal extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = exitCodes.usage, options?: ErrorOptions) {
    super(message, options);
    this.name = "Refusal";
    this.exitCode = exitCode;
  }
}

/** Prints a refusal in one line; anything else is a fault of ours and is shown whole. */
export function endWith(error: unknown): void {
  if (error instanceof Refusal) {
    console.error(error.message);
    process.exitCode = error.exitCode;
  } else {
    console.error(error);
    process.exitCode = exitCodes.notExecuted;
  }
}
