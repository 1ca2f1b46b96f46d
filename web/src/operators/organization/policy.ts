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
  const kept = { months: number(fields.months), days: number(fields.days), hours: number(fields.hours) };
  const whole = Object.values(kept).every((value) => value === null);
  return {
    weight: number(fields.weight) ?? 1,
    maxRunning: number(fields.maxRunning),
    rateJobs: number(fields.rateJobs),
    rateMs: number(fields.rateMs),
    maxPending: number(fields.maxPending),
    retention: whole ? null : kept,
  };
}

const number = (value: number | string): number | null => (value === "" ? null : Number(value));
