import { resolve } from "node:path";
import { z } from "zod";
import { RowlockError } from "./errors.ts";

const url = z.url({ protocol: /^postgres(ql)?$/ }).optional();
const list = z.string().transform((text) =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter(Boolean),
);
const onOff = z.enum(["on", "off"]).transform((value) => value === "on");
const count = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

/**
 * Every setting, the same for API and worker; those that concern one of them start with its name.
 * Keys are the environment variables. `.env.example` names each of them; a test keeps it complete.
 */
export const settingsSchema = z.object({
  NODE_ENV: z.enum(["development", "test", "production"]).default("development"),

  DATABASE_URL: url.describe(
    "Whoever may create roles and schemas; used by `rowlock migrate`. Unset: embedded Postgres",
  ),
  API_DATABASE_URL: url.describe("Login of the API (rowlock_api). Default: derived from DATABASE_URL"),
  TASK_DATABASE_URL: url.describe("Login of tasks (rowlock_task). Default: derived from DATABASE_URL"),
  BROKER_DATABASE_URL: url.describe(
    "Login of the queue (rowlock_broker). Default: derived from DATABASE_URL",
  ),
  OPS_DATABASE_URL: url.describe("Login of operators (rowlock_ops). Default: derived from DATABASE_URL"),
  ROWLOCK_DATA_DIR: z
    .string()
    .default(".rowlock")
    .describe("Data folder of the embedded Postgres and of development secrets"),

  API_HOST: z.string().default("127.0.0.1").describe("Address the API listens on"),
  API_PORT: count(0, 65535).default(5680).describe("Port of the API; 0 picks a free one"),
  API_POOL_SIZE: count(1, 500).default(10).describe("Connections of the API"),
  API_STATEMENT_TIMEOUT_MS: count(100, 600_000)
    .default(10_000)
    .describe("Longest SQL statement of a request"),
  API_MAX_BODY_BYTES: count(1_000, 100_000_000)
    .default(1_000_000)
    .describe("Largest JSON body; imports are streamed and not bound by it"),
  GRAPHQL_SCHEMAS: list
    .prefault("rowlock,evals,app")
    .describe("Database schemas shown in GraphQL; those that do not exist are left out"),
  GRAPHQL_MAX_DEPTH: count(1, 100).default(12).describe("Deepest query"),
  GRAPHQL_MAX_ALIASES: count(0, 10_000).default(30).describe("Most aliases in a query"),
  GRAPHQL_MAX_COST: count(1, 10_000_000)
    .default(50_000)
    .describe("Most rows a query may ask for, multiplied along its path"),

  SECRET_KEYS: z
    .string()
    .optional()
    .describe(
      "Keys for secrets at rest, name:base64 of 32 bytes, separated by commas; the first encrypts, all decrypt",
    ),
  JWT_SECRET: z
    .string()
    .min(32)
    .optional()
    .describe("Secret of HS256 tokens, 32 characters or more. Development makes its own"),
  JWT_JWKS_URL: z.url().optional().describe("Public keys of RS256/ES256/EdDSA tokens, instead of a secret"),
  JWT_ISSUER: z.string().default("rowlock").describe("Required `iss` of a token"),
  JWT_AUDIENCE: z.string().default("rowlock").describe("Required `aud` of a token"),
  JWT_OPS_AUDIENCE: z
    .string()
    .default("rowlock-ops")
    .describe("The one `aud` of an operator's token; not the tenants'"),

  TASKS_DIR: z.string().default("tasks").describe("Folder of task files"),
  SQL_DIR: z.string().default("sql").describe("Folder of your own numbered migrations"),
  ROWLOCK_EVALS: onOff.prefault("on").describe("The shipped application, AI test runs: on or off"),

  WORKER_CONCURRENCY: count(1, 1_000).default(10).describe("Jobs at once in a worker process"),
  WORKER_PREFETCH_MS: count(0, 60_000)
    .default(20)
    .describe("A worker fetches beyond its free hands what they will begin within this time"),
  WORKER_POOL_SIZE: count(1, 500)
    .default(10)
    .describe("Connections for tenant transactions in a worker process"),
  WORKER_SHUTDOWN_GRACE_MS: count(0, 3_600_000)
    .default(20_000)
    .describe("Time running jobs get to end when the worker stops; then they are handed back"),
  JOB_RETENTION_DAYS: count(1, 36_500)
    .optional()
    .describe(
      "Weeks of jobs launched longer ago than this are dropped, whatever policies say. Unset: none are",
    ),
  AUDIT_RETENTION_DAYS: count(1, 36_500)
    .optional()
    .describe(
      "Entries of the audit, and notes of what schedules launched, are kept for so long. Unset: for good",
    ),
  WORKER_HEALTH_PORT: count(0, 65535)
    .optional()
    .describe("Port of the worker's own /healthz and /readyz; unset: none"),
  ALLOW_INTERNAL_ADDRESSES: list
    .prefault("")
    .describe("Ranges (CIDR) that tenants' URLs may lead to although not public, for example 10.1.0.0/16"),
  SMTP_URL: z
    .url({ protocol: /^smtps?$/ })
    .optional()
    .describe("Server that sends mails, smtps://user:password@host:465. Unset: no e-mail notifications"),
  MAIL_FROM: z.string().min(3).optional().describe("Sender of mails, such as Rowlock <rowlock@acme.example>"),

  LOG_LEVEL: z
    .enum(["debug", "info", "warn", "error"])
    .default("info")
    .describe("Least important line shown"),
  LOG_FORMAT: z
    .enum(["json", "text"])
    .optional()
    .describe("json or text. Default: text in development, else json"),
});

export type Settings = z.output<typeof settingsSchema>;

/**
 * Reads settings from an environment; empty strings count as unset.
 * @throws RowlockError INVALID_SETTING naming each setting that is wrong
 */
export function readSettings(env: Record<string, string | undefined> = process.env): Settings {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = settingsSchema.safeParse(given);
  if (parsed.success) return { ...parsed.data, ROWLOCK_DATA_DIR: resolve(parsed.data.ROWLOCK_DATA_DIR) };
  const issues = parsed.error.issues.map((issue) => ({
    path: `/${issue.path.join("/")}`,
    message: issue.message,
  }));
  const lines = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new RowlockError("INVALID_SETTING", `${lines.join("; ")}. See .env.example.`, { issues });
}
