import { queryClient } from "../api/query-client.ts";
import { createStore } from "../lib/store.ts";
import { memberCredential } from "../session/member.ts";
import { type Client, connect, type LinkState } from "./connection.ts";
import { refreshSoon } from "./refresh.ts";

/** `polling`: there is no link, and the page looks by itself. */
export type LiveState = { link: LinkState | "polling"; paused: boolean };

/** Whether the page follows the jobs, for all who show it. */
export const liveStore = createStore<LiveState>({ link: "connecting", paused: false });

const changes = `subscription JobChanges { jobChanges { resync jobs { id } } }`;
const pollMs = 5_000;
const lookMs = 2_000;

let client: Client | undefined;

/** The connection of the session; undefined while nobody is signed in. */
export function liveClient(): Client | undefined {
  return client;
}

/** Follows the jobs of the signed-in member until called back: one connection, whatever is shown. */
export function follow(token: string): () => void {
  const setLink = (link: LinkState) => {
    // What happened while the link was down was not told: look at everything.
    if (link === "open" && liveStore.get().link !== "open") refreshSoon();
    liveStore.set({ ...liveStore.get(), link });
  };
  const opened = connect({
    token,
    onState: setLink,
    onEnd: (why) => memberCredential.signOut(why),
  });
  client = opened;
  const stop = opened.subscribe(
    { query: changes },
    {
      next: () => {
        if (!liveStore.get().paused) refreshSoon();
      },
      error: () => setLink("down"),
      complete: () => undefined,
    },
  );
  // Without a link the page is still not left to itself.
  const poll = setInterval(() => {
    const { link, paused } = liveStore.get();
    if (link !== "open" && !paused && document.visibilityState === "visible") refreshSoon();
  }, pollMs);
  return () => {
    clearInterval(poll);
    stop();
    void opened.dispose();
    client = undefined;
  };
}

/** Looks again every two seconds until called back, where nobody tells of changes. */
export function followByLooking(): () => void {
  liveStore.set({ ...liveStore.get(), link: "polling" });
  const poll = setInterval(() => {
    if (!liveStore.get().paused && document.visibilityState === "visible") refreshSoon();
  }, lookMs);
  return () => clearInterval(poll);
}

export function setPaused(paused: boolean): void {
  liveStore.set({ ...liveStore.get(), paused });
  if (!paused) void queryClient.invalidateQueries({ refetchType: "active" });
}
