import { Presets, SingleBar } from "cli-progress";

export type Progress = { show(done: number): void; stop(): void };

/** On stderr: a bar on a terminal, elsewhere a line at each tenth. What a script reads is on stdout. */
export function startProgress(total: number, stream: NodeJS.WriteStream = process.stderr): Progress {
  if (!stream.isTTY) {
    let shown = 0;
    return {
      show(done) {
        const tenths = Math.floor((done / total) * 10);
        if (tenths > shown) stream.write(`${done} of ${total} tests\n`);
        shown = Math.max(shown, tenths);
      },
      stop: () => undefined,
    };
  }
  const bar = new SingleBar(
    { format: "{bar} {value}/{total} tests, {duration_formatted}", stream, hideCursor: true },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return { show: (done) => bar.update(done), stop: () => bar.stop() };
}
