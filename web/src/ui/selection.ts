import { useState } from "react";

/** The rows that are chosen, by their ids. */
export type Selection = {
  ids: ReadonlySet<string>;
  /** Chooses these, or no longer. */
  set(ids: readonly string[], chosen: boolean): void;
  clear(): void;
};

export function useSelection(): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  return {
    ids,
    set: (changed, chosen) =>
      setIds((former) => {
        const next = new Set(former);
        for (const id of changed) {
          if (chosen) next.add(id);
          else next.delete(id);
        }
        return next;
      }),
    clear: () => setIds(new Set()),
  };
}
