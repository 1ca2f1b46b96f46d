import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";

/** What the figures were measured on, one fact a line. */
export function describeMachine(): string[] {
  const cores = cpus();
  const name = /^PRETTY_NAME="(.*)"$/m.exec(readSystem("/etc/os-release"))?.[1] ?? process.platform;
  return [
    `${cores.length} × ${cores[0]?.model ?? "unknown processor"}, ${Math.round(totalmem() / 2 ** 30)} GiB of memory`,
    `${name}, kernel ${release()}, Node ${process.versions.node}`,
  ];
}

/** Runnable processes of the last minute: well above zero before the start, the machine is not ours alone. */
export function load(): number {
  return loadavg()[0] ?? 0;
}

function readSystem(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
