import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { repository } from "../../docs/pages.ts";

const execute = promisify(execFile);

const config = {
  compilerOptions: {
    ...{ target: "es2024", module: "nodenext", strict: true, noEmit: true, skipLibCheck: true },
    ...{ noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, erasableSyntaxOnly: true },
  },
  include: ["tasks", "test", "*.ts"],
};

/** What the shipped declarations must say; a type that could not be found would allow what is expected to fail. */
const probe = `
import { defineTask, launchJob, launchJobFor, type TenantTransaction, withTenant } from "rowlock";
import { createApi, rowlockPreset } from "rowlock/api";
import { createTestDatabase } from "rowlock/testing";
import { workerPreset } from "rowlock/worker";
import { z } from "zod";

const count = defineTask({
  name: "count",
  kind: "long",
  input: z.object({ words: z.array(z.string()) }),
  output: z.object({ total: z.number() }),
  async run({ words }, { transaction, signal }) {
    signal.throwIfAborted();
    const { rows } = await transaction((tx) => tx.query<{ total: number }>("select 1 as total"));
    // @ts-expect-error words are texts
    words.map((word) => word / 2);
    return { total: rows[0]?.total ?? words.length };
  },
});

export async function use(tx: TenantTransaction): Promise<void> {
  await launchJob(tx, count, { words: [] });
  // @ts-expect-error the payload does not fit
  await launchJob(tx, count, { words: [1] });
  const answer = await tx.query("select 1");
  // @ts-expect-error no such property
  answer.nothing;
  // @ts-expect-error an Express router is no text
  const router: string = (await createApi({} as Parameters<typeof createApi>[0])).router;
  // @ts-expect-error a pool of pg
  await withTenant(1, { organizationId: "", userId: "" }, async () => undefined);
  // @ts-expect-error a preset is no number
  const presets: number[] = [await workerPreset(), rowlockPreset({} as Parameters<typeof rowlockPreset>[0])];
  // @ts-expect-error a client of pg
  await launchJobFor({}, { organizationId: "", userId: null }, "count", {});
  const ada = await (await createTestDatabase({ tasks: [count] })).organization({ role: "admin" });
  // @ts-expect-error the payload does not fit
  await ada.launch(count, { words: [1] });
  // @ts-expect-error a total is no text
  const total: string | undefined = (await ada.run(count, { words: [] })).result?.total;
  void total;
  void router;
  void presets;
}

// @ts-expect-error a result that does not fit
defineTask({ name: "wrong", input: z.object({}), output: z.object({ n: z.number() }), run: () => ({ n: "1" }) });
`;

/** Type-checks a customer's folder against the installed package. @throws with the compiler's complaints */
export async function checkTypes(folder: string): Promise<void> {
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  await writeFile(join(folder, "probe.ts"), probe);
  const compiler = join(repository, "node_modules/typescript/bin/tsc");
  await execute(process.execPath, [compiler, "-p", folder]).catch((error: Error & { stdout?: string }) => {
    throw new Error(`The customer's files do not type-check:\n${error.stdout}`, { cause: error });
  });
}
