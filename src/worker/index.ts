export type { WorkerHealth } from "./health.ts";
export { loadTasks } from "./load-tasks.ts";
export { taskDirectories } from "./prepare.ts";
export { workerPreset } from "./preset.ts";
export { type RunningWorker, startWorker } from "./runner.ts";
