/** Names a task for a launch: the task itself, which types the payload, or its name. */
export type TaskReference<Input> =
  | string
  | { readonly definition: { readonly name: string }; readonly types?: { input: Input } };

export function nameOf(task: TaskReference<never>): string {
  return typeof task === "string" ? task : task.definition.name;
}
