/** The tasks that every peer has: see `workers/handlers.ts` and, for Rowlock, `tasks/`. */
export const taskNames = ["insert", "noop", "wait", "slow", "stamp"] as const;
export type TaskName = (typeof taskNames)[number];

/** What only Rowlock has: the real job without bundles. */
export const ownTaskNames = ["insert-singly"] as const;
export type AnyTaskName = TaskName | (typeof ownTaskNames)[number];

export type Workers = {
  /** Process ids, one a worker; each leads a process group. */
  pids: number[];
  /** Resolves when each of them has begun its first job. */
  started(): Promise<void>;
  /** Stops them for a while, or lets them go on. */
  signal(name: "SIGSTOP" | "SIGCONT"): void;
  /** Kills them at once: what they leave behind is thrown away with the storage. */
  stop(): Promise<void>;
};

/** One job system. Everything is done by what it offers to its users. */
export type Peer = {
  name: string;
  version: string;
  /** How it was set, in a few words for the reader of the table. */
  settings: string;
  /** Makes empty storage that knows these organizations; what was there before is gone. */
  setUp(organizations: readonly string[]): Promise<void>;
  /** Launches in bulk, spread evenly over the organizations (default: all). */
  launchMany(task: AnyTaskName, count: number, organizations?: readonly string[]): Promise<void>;
  /** Launches one job; resolves when it is there. */
  launchOne(task: TaskName, organization: string): Promise<void>;
  /** Launches one by one from several connections for some seconds; tells how many. Default: `launchOne` in lanes. */
  launchOneByOne?(task: TaskName, seconds: number, connections: number): Promise<number>;
  /** Throws unless launches are made as they are while jobs wait; for a peer to which that makes a difference. */
  expectBusy?(): Promise<void>;
  startWorkers(count: number, concurrency: number): Promise<Workers>;
  /** Whether every job has ended; cheap enough to be asked often. */
  isDrained(): Promise<boolean>;
  /** Jobs that have not ended. */
  remaining(): Promise<number>;
  /** Bytes of its tables and indexes, or of Redis. */
  storage(): Promise<number>;
  /** Part of a backlog that is enough for it, when launching takes it long. Default 1. */
  backlogShare?: number;
  /** Name of the database that its jobs write to. */
  database: string;
  /** Closes its connections; `setUp` may follow. */
  close(): Promise<void>;
};

export type PeerOptions = {
  /** The peer's best setting against one organization starving another, instead of its fastest. */
  fair?: boolean;
};
