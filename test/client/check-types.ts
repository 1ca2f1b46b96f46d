import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { repository } from "../docs/pages.ts";

const execute = promisify(execFile);

/** A customer's compiler, strict, told where the package's sources are. */
const config = (lib: string[]) => ({
  compilerOptions: {
    ...{ target: "es2024", module: "nodenext", strict: true, noEmit: true, skipLibCheck: true, lib },
    ...{ noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, allowImportingTsExtensions: true },
    types: ["node"],
    paths: {
      rowlock: [join(repository, "src/index.ts")],
      "rowlock/client": [join(repository, "src/client/index.ts")],
    },
  },
  include: ["*.ts"],
});

/** Type-checks files in a folder of their own. @returns what the compiler says, "" when all is well */
export async function compile(files: Record<string, string>, lib = ["es2024", "dom"]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rowlock-client-types-"));
  try {
    await mkdir(folder, { recursive: true });
    await symlink(join(repository, "node_modules"), join(folder, "node_modules"), "dir");
    const all = {
      ...files,
      "package.json": '{"type":"module"}',
      "tsconfig.json": JSON.stringify(config(lib)),
    };
    await Promise.all(Object.entries(all).map(([name, text]) => writeFile(join(folder, name), text)));
    const compiler = join(repository, "node_modules/typescript/bin/tsc");
    return await execute(process.execPath, [compiler, "-p", folder]).then(
      () => "",
      (error: Error & { stdout?: string }) => error.stdout ?? error.message,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
