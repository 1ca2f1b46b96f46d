import type count from "./tasks/count.ts";
import type greet from "./tasks/greet.ts";
import type refuse from "./tasks/refuse.ts";

/** As a customer's record of tasks: by any keys, the names are the tasks' own. */
export type Tasks = { hello: typeof greet; count: typeof count; refuse: typeof refuse };
