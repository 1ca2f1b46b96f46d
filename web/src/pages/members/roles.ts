/** What members may be, from most to least, and what each may do. */
export const roles = [
  { value: "owner", label: "Owner: everything, owners too" },
  { value: "admin", label: "Admin: members, pauses, audit, too" },
  { value: "member", label: "Member: launches, cancels, retries" },
  { value: "viewer", label: "Viewer: looks" },
] as const;

export const roleNames = roles.map(({ value }) => value);
