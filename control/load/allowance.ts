/** Which organizations and kinds something may be of: the documents of a place, or what a text that cannot be used may have held. */

export type Allowance = {
  readonly organizations: "all" | ReadonlySet<string>;
  readonly kinds: "all" | ReadonlySet<string>;
};

export const everything: Allowance = { organizations: "all", kinds: "all" };

export function allowsOrganization({ organizations }: Allowance, organization: string): boolean {
  return organizations === "all" || organizations.has(organization);
}

export function allowsKind({ kinds }: Allowance, kind: string): boolean {
  return kinds === "all" || kinds.has(kind);
}

/** Equal for allowances that allow the same. */
export function allowanceKey({ organizations, kinds }: Allowance): string {
  return JSON.stringify([organizations, kinds].map((names) => (names === "all" ? names : [...names].toSorted())));
}
