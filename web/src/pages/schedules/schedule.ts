import type { ScheduleFields, SchedulesQuery } from "../../api/graphql.generated.ts";
import { readJson } from "../../forms/json.ts";

export type Schedule = NonNullable<NonNullable<SchedulesQuery["schedules"]>["nodes"][number]>;

/** What the form holds. */
export type ScheduleValues = {
  name: string;
  task: string;
  payload: string;
  expression: string;
  timeZone: string;
  catchUp: string;
  overlap: string;
  priority: number | string;
  enabled: boolean;
};

export const fields = [
  "name",
  "task",
  "payload",
  "expression",
  "timeZone",
  "catchUp",
  "overlap",
  "priority",
  "enabled",
] as const;

export function valuesOf(schedule: Schedule | undefined): ScheduleValues {
  if (schedule === undefined) {
    return {
      name: "",
      task: "",
      payload: "{}",
      expression: "",
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      catchUp: "last",
      overlap: "allow",
      priority: 10,
      enabled: true,
    };
  }
  const { name, task, payload, expression, timeZone, catchUp, overlap, priority, enabled } = schedule;
  const text = JSON.stringify(payload, null, 2);
  return { name, task, payload: text, expression, timeZone, catchUp, overlap, priority, enabled };
}

/** What the API is asked to save. */
export function fieldsOf(values: ScheduleValues): ScheduleFields {
  const read = readJson(values.payload);
  return {
    ...values,
    name: values.name.trim(),
    expression: values.expression.trim(),
    payload: "value" in read ? read.value : {},
    priority: values.priority === "" ? 10 : Number(values.priority),
  };
}
