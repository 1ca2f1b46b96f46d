/**
 * What `createClient<typeof tasks>` knows of the tasks. Only types: nothing of a task reaches the program.
 */

/** A task of `defineTask`, as far as its types go. */
type TaskLike = {
  readonly definition: { readonly name: string };
  readonly types?: { input: unknown; output: unknown };
};

/** Tasks, or modules that export one as their default, by any names. */
export type TaskRecord = Readonly<Record<string, TaskLike | { readonly default: TaskLike }>>;

/** Payload and result of each task, by its name. */
export type Catalogue = Record<string, { payload: unknown; result: unknown }>;

type TaskOf<Entry> = Entry extends { readonly default: infer Task } ? Task : Entry;

/** The task's own name; a `defineTask` that does not tell it to the compiler goes by its key in the record. */
type NameOf<Task, Key> = Task extends { readonly definition: { readonly name: infer Name extends string } }
  ? string extends Name
    ? Key
    : Name
  : Key;

/** A task without an output has none; as JSON that is null. */
type Nothing = ReturnType<() => void>;
type ResultOf<Output> = [Output] extends [Nothing] ? null : Output;

export type CatalogueOf<Tasks extends TaskRecord> = string extends keyof Tasks
  ? Catalogue
  : {
      [Key in keyof Tasks as NameOf<TaskOf<Tasks[Key]>, Key> & string]: TaskOf<Tasks[Key]> extends {
        readonly types?: { input: infer Input; output: infer Output };
      }
        ? { payload: Input; result: ResultOf<Output> }
        : never;
    };

export type Named<C> = keyof C & string;
export type PayloadOf<C, Name extends keyof C> = C[Name] extends { payload: infer Payload } ? Payload : never;
export type ResultIn<C, Name extends keyof C> = C[Name] extends { result: infer Result } ? Result : never;
