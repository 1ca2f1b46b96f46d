export { type KeyRing, readKeyRing } from "./key-ring.ts";
export { type Rotated, rotateSecrets } from "./rotate.ts";
export { openSecret, removeSecret, storeSecret } from "./store.ts";
