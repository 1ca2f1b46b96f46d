import { isInfrastructureError, RowlockError, sqlstateOf } from "../sdk/index.ts";

/** A database URL as it may be shown: user, host, port and database, never the password. */
export function describeUrl(url: string): string {
  try {
    const parsed = new URL(url);
    const host = parsed.searchParams.get("host") ?? parsed.hostname;
    const port = parsed.port === "" ? "5432" : parsed.port;
    const place = host.startsWith("/") ? `socket ${host}` : `${host || "localhost"}:${port}`;
    const user = parsed.searchParams.get("user") ?? decodeURIComponent(parsed.username);
    return `database "${decodeURIComponent(parsed.pathname.slice(1))}" at ${place} as "${user}"`;
  } catch {
    return "the database (its URL cannot be read)";
  }
}

/**
 * What went wrong on the way to a database, in one line that names the place and what to do next.
 * Errors that already speak for themselves are returned as they are.
 */
export function describeConnectError(error: unknown, url: string): RowlockError {
  if (error instanceof RowlockError) return error;
  const { fact, next } = explain(error);
  return new RowlockError("DATABASE_UNAVAILABLE", `Cannot use ${describeUrl(url)}: ${fact}. ${next}`, {
    cause: error,
  });
}

function explain(error: unknown): { fact: string; next: string } {
  const code = sqlstateOf(error) ?? "";
  const message = firstLine(error);
  switch (code) {
    case "28P01":
      return {
        fact: "the password was refused",
        next: "Check the password in its URL; `rowlock migrate` sets those of derived logins.",
      };
    case "28000":
      return { fact: message, next: "Run `rowlock migrate` to create the roles, and check pg_hba.conf." };
    case "3D000":
      return { fact: "there is no such database", next: "Create it, or correct the name in the URL." };
    case "53300":
      return { fact: "all its connections are taken", next: "Raise max_connections or lower pool sizes." };
    case "57P03":
      return { fact: "the server is starting or stopping", next: "Try again in a moment." };
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return { fact: "the host name is not known", next: "Correct the host in the URL." };
    case "ECONNREFUSED":
    case "ENOENT":
      return { fact: "nothing listens there", next: "Start Postgres, or correct host and port in the URL." };
  }
  const next = isInfrastructureError(error) ? "Check the server and the network." : "Check the URL.";
  return { fact: message, next };
}

/** Connecting to a name with several addresses fails with an AggregateError that has an empty message. */
function firstLine(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return firstLine(error.errors[0]);
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0]?.replace(/\.$/, "") ?? "";
}
