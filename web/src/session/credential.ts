import { createStore, useStore } from "../lib/store.ts";

/** Who is signed in: the token or API key, and why the last session ended. */
export type Signed = { token: string | undefined; ended: string | undefined };

/**
 * A token or API key of this tab. It lives in sessionStorage: closing the tab forgets it, other sites never see it,
 * and no cookie means that no other site can act with it.
 */
export type Credential = {
  get(): Signed;
  subscribe(listener: () => void): () => void;
  signIn(token: string): void;
  /** @param why shown at the sign-in; left out when the person asked for it */
  signOut(why?: string): void;
};

export function createCredential(name: string): Credential {
  const store = createStore<Signed>({ token: sessionStorage.getItem(name) ?? undefined, ended: undefined });
  return {
    get: store.get,
    subscribe: store.subscribe,
    signIn(token) {
      sessionStorage.setItem(name, token);
      store.set({ token, ended: undefined });
    },
    signOut(why) {
      sessionStorage.removeItem(name);
      // The first reason counts: requests under way fail one after the other.
      if (store.get().token !== undefined || why === undefined) store.set({ token: undefined, ended: why });
    },
  };
}

export function useCredential(credential: Credential): Signed {
  return useStore(credential);
}
