/** Releases that must stay as they are, because something they are made of is wrong or missing: nobody takes that for a wish. */
import { componentKey } from "../validate/specs-index.ts";
import type { BindingKey } from "./binding.ts";

export type Undecided = Omit<BindingKey, "environment"> & {
  readonly environments: "all" | { readonly only: ReadonlySet<string> } | { readonly except: ReadonlySet<string> };
  /** The name of the DataPlane of which it is told, where it is told of one. */
  readonly plane?: string | undefined;
  readonly reason: string;
  /** The file whose Problem is the cause, where one is. */
  readonly causeFile?: string | undefined;
};

export class UndecidedReleases {
  readonly #of: (component: string) => readonly Undecided[];

  /** `of` is asked for what is undecided of a component, by `componentKey`. */
  constructor(of: (component: string) => readonly Undecided[]) {
    this.#of = of;
  }

  /**
   * Why the Release of this Binding stays; undefined when nothing speaks for it. On a DataPlane by its name, what is told of
   * that one comes first. What is told of others counts too: while one of its Releases is undecided, all that stand stay.
   */
  reasonFor(key: BindingKey, plane?: string): string | undefined {
    const undecided = this.#of(componentKey(key.organization, key.project, key.component));
    const covering = undecided.filter(({ environments }) => covers(environments, key.environment));
    return (covering.find((one) => one.plane === undefined || one.plane === plane) ?? covering[0])?.reason;
  }
}

export type UndecidedPlace = BindingKey & Pick<Undecided, "plane" | "reason">;

/** One for each environment that is named; none where all but some are meant, which may be nowhere. */
export function namedPlaces({ environments, ...component }: Undecided): readonly UndecidedPlace[] {
  if (environments === "all" || !("only" in environments)) return [];
  return [...environments.only].map((environment) => ({ ...component, environment }));
}

function covers(environments: Undecided["environments"], environment: string): boolean {
  if (environments === "all") return true;
  return "only" in environments ? environments.only.has(environment) : !environments.except.has(environment);
}
