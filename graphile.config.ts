import { workerPreset } from "./src/worker/index.ts";

export default { extends: [await workerPreset()] };
