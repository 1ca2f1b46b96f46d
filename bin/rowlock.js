#!/usr/bin/env node
// Plain JavaScript that an old Node can read: Rowlock needs 22.18 or newer (the command npm puts here may be
// older), so this starts itself again with the Node that came with the installation.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

if (isNewEnough(process.versions.node)) {
  await import(pathToFileURL(mainFile()).href);
} else {
  const node = bundledNode();
  if (node === undefined) {
    console.error(
      `Rowlock needs Node 22.18 or newer; this is ${process.versions.node}, and no Node came with the packages ` +
        `for ${process.platform}-${process.arch}. Install Node 24.`,
    );
    process.exitCode = 1;
  } else {
    runAgain(node);
  }
}

function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 18);
}

/** Sources in the repository; compiled files where it is installed, because Node strips no types below node_modules. */
function mainFile() {
  const source = join(here, "..", "src", "cli", "main.ts");
  const installed = here.split(sep).includes("node_modules");
  return !installed && existsSync(source) ? source : join(here, "..", "dist", "src", "cli", "main.js");
}

function bundledNode() {
  try {
    const require = createRequire(import.meta.url);
    const manifest = require.resolve(`node-${process.platform}-${process.arch}/package.json`);
    const node = join(dirname(manifest), "bin", "node");
    return existsSync(node) ? node : undefined;
  } catch {
    return undefined;
  }
}

function runAgain(node) {
  const child = spawn(node, [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  for (const signal of ["SIGTERM", "SIGHUP", "SIGUSR2"]) process.on(signal, () => child.kill(signal));
  // Ctrl-C reaches both of us by the terminal; without one it was sent to this process alone.
  const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  process.on("SIGINT", () => {
    if (!terminal) child.kill("SIGINT");
  });
  child.on("error", (error) => {
    console.error(`Node 24 could not be started (${node}): ${error.message}`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    // Signals that do not end us leave the number a shell would give.
    setTimeout(() => process.exit(128 + (constants.signals[signal] ?? 0)), 100);
  });
}
