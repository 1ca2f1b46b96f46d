export { type KeyRing, readKeyRing } from "./key-ring.ts";
export { openSecret, removeSecret, storeSecret } from "./store.ts";
