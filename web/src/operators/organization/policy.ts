import { numberOr } from "../../forms/number-or.ts";
import type { OrganizationPolicyQuery, UpdatePolicyMutationVariables } from "../graphql.generated.ts";

export type Policy = NonNullable<OrganizationPolicyQuery["policy"]>;
type Patch = UpdatePolicyMutationVariables["patch"];

/** What stands in the fields: numbers, or "" for no limit. */
export type PolicyFields = Record<
  "weight" | "maxRunning" | "rateJobs" | "rateMs" | "maxPending" | "months" | "days" | "hours",
  number | string
>;

/** Names as in the API's issues; `retention` is shown at `days`. */
export const policyFieldNames = [
  "weight",
  "maxRunning",
  "rateJobs",
  "rateMs",
  "maxPending",
  "retention",
] as const;

export function fieldsOf(policy: Policy | null): PolicyFields {
  const kept = policy?.retention;
  const months = (kept?.years ?? 0) * 12 + (kept?.months ?? 0);
  return {
    weight: policy?.weight ?? 1,
    maxRunning: policy?.maxRunning ?? "",
    rateJobs: policy?.rateJobs ?? "",
    rateMs: policy?.rateMs ?? "",
    maxPending: policy?.maxPending ?? "",
    months: months === 0 ? "" : months,
    days: kept?.days || "",
    hours: kept?.hours || "",
  };
}

export function patchOf(fields: PolicyFields): Patch {
  const kept = {
    months: numberOr(fields.months, null),
    days: numberOr(fields.days, null),
    hours: numberOr(fields.hours, null),
  };
  const whole = Object.values(kept).every((value) => value === null);
  return {
    weight: numberOr(fields.weight, 1),
    maxRunning: numberOr(fields.maxRunning, null),
    rateJobs: numberOr(fields.rateJobs, null),
    rateMs: numberOr(fields.rateMs, null),
    maxPending: numberOr(fields.maxPending, null),
    retention: whole ? null : kept,
  };
}
