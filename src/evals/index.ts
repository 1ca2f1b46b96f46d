/** AI test runs, the application shipped with Rowlock. Removable: nothing of the kernel imports it. */
export { evalsExtension } from "./api/index.ts";
export { generated, generateTests, generationInput } from "./generation/index.ts";
export { sendEmail } from "./notify/email.ts";
export { notice, notify } from "./notify/notify.ts";
export { sendWebhook } from "./notify/webhook.ts";
export { runTest } from "./run/run-test.ts";
export { type KeyRing, type Rotated, readKeyRing, rotateSecrets } from "./secrets/index.ts";
export { type Tried, tried, tryEndpoint, tryInput } from "./try-out/index.ts";
