import { joinHost } from "./join-host.ts";

export { quickSettings } from "./settings.ts";

/** Where the databases of tests are made. */
export type TestServer = {
  /** An admin's URL of some database there. */
  adminUrl: string;
  /** The embedded one, which is gone after the run; else the server of DATABASE_URL. */
  embedded: boolean;
  /** What this process is done with need not linger. Afterwards no database can be made in it. */
  leave(): Promise<void>;
};

/**
 * The server of DATABASE_URL, else an embedded one, shared by all test processes of this user and installation.
 * @throws RowlockError DATABASE_UNAVAILABLE
 */
export async function provideServer(databaseUrl: string | undefined): Promise<TestServer> {
  if (databaseUrl !== undefined) {
    return { adminUrl: databaseUrl, embedded: false, leave: () => Promise.resolve() };
  }
  const { url, leave } = await joinHost();
  return { adminUrl: url, embedded: true, leave };
}
