/** Why a handler was told to stop. */
export type Stopped = "overdue" | "past-deadline" | "stopping" | "cancelled";
