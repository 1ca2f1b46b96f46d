/**
 * Loaded before everything else into each process of the run: its clock can be set off, and it ends with whoever
 * started it. Timers and performance.now() go on evenly, as they do when a machine's clock is set.
 */
const real = Date;
let offMs = 0;
const now = () => real.now() + offMs;

globalThis.Date = new Proxy(real, {
  construct: (target, args, newTarget) =>
    Reflect.construct(
      target,
      args.length === 0 ? [now()] : args,
      newTarget === globalThis.Date ? target : newTarget,
    ),
  apply: () => new real(now()).toString(),
  get: (target, name) => (name === "now" ? now : Reflect.get(target, name)),
});

process.on("message", (message: { offMs: number }) => {
  offMs = message.offMs;
});
process.on("disconnect", () => process.exit(1));
// The channel alone must not keep the process from ending.
process.channel?.unref();
