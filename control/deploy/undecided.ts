/** Releases that must stay as they are, because something they are made of is wrong or missing: nobody takes that for a wish. */
import type { BindingKey } from "./binding.ts";

export type Undecided = Omit<BindingKey, "environment"> & {
  readonly environments: "all" | { readonly only: ReadonlySet<string> } | { readonly except: ReadonlySet<string> };
  readonly reason: string;
  /** The file whose Problem is the cause, where one is. */
  readonly causeFile?: string | undefined;
};

export class UndecidedReleases {
  readonly #byComponent: ReadonlyMap<string, readonly Undecided[]>;

  constructor(undecided: readonly Undecided[]) {
    this.#byComponent = Map.groupBy(undecided, componentPath);
  }

  /** Why the Release of this Binding stays; undefined when nothing speaks for it. */
  reasonFor(key: BindingKey): string | undefined {
    return this.#byComponent.get(componentPath(key))?.find(({ environments }) => covers(environments, key.environment))
      ?.reason;
  }
}

/** One for each environment that is named; none where all but some are meant, which may be nowhere. */
export function namedPlaces({
  environments,
  ...component
}: Undecided): readonly (BindingKey & Pick<Undecided, "reason">)[] {
  if (environments === "all" || !("only" in environments)) return [];
  return [...environments.only].map((environment) => ({ ...component, environment }));
}

function componentPath({ organization, project, component }: Omit<BindingKey, "environment">): string {
  return [organization, project, component].join("/");
}

function covers(environments: Undecided["environments"], environment: string): boolean {
  if (environments === "all") return true;
  return "only" in environments ? environments.only.has(environment) : !environments.except.has(environment);
}
