/** AI test runs, the application shipped with Rowlock. Removable: nothing of the kernel imports it. */
export { evalsExtension } from "./api/index.ts";
export { runTest } from "./run/run-test.ts";
