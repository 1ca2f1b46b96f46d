import { useState } from "react";

type PageInfo = { hasNextPage: boolean; endCursor: string | null };
export type More = { load(): void; loading: boolean; label: string };

/** Goes through a connection page by page, onwards and back to its first. `after` is a variable of its query. */
export function usePages(): {
  after: string | null;
  /** For `DataTable.more`. */
  more(info: PageInfo | undefined, loading: boolean): More | undefined;
} {
  const [after, setAfter] = useState<string | null>(null);
  return {
    after,
    more(info, loading) {
      if (info?.hasNextPage === true && info.endCursor !== null) {
        const { endCursor } = info;
        return { load: () => setAfter(endCursor), loading, label: "Next page" };
      }
      if (after === null) return undefined;
      return { load: () => setAfter(null), loading, label: "Back to the first page" };
    },
  };
}
