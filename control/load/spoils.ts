/**
 * What could not be used of the specs, asked by organization and name: may it have held this? For what must not be deleted
 * the answer leans to yes (invariant 3); for whether a missing name is a mistake of its own, only what plainly stands there
 * counts. A text is asked only about what may stand where it stands: the spoiled file of one tenant says nothing about others.
 */
import { bindingKinds } from "../../schemas/kinds.ts";
import { type Allowance, allowanceKey, allowsKind, allowsOrganization } from "./allowance.ts";
import type { SpecDocument } from "./parse.ts";
import { type SpoiledText, SpoiledWords } from "./spoiled-words.ts";

/** `holds`: whose documents and which the text may have held, where it stands. */
export type Spoiled = SpoiledText & { readonly file: string; readonly holds: Allowance };

/** Nothing is known of what it held. */
export const unread: SpoiledText = { text: "", mayHoldMore: true };

/** A document that reads well and cannot be used beside others: what it names is all that it holds. */
export function spoiledDocument({ place, text, holds }: SpecDocument): Spoiled {
  return { file: place.file, text, mayHoldMore: false, holds };
}

/**
 * Kinds that make no Release be there: while a Binding or a Component is, a Release whose other inputs are missing is
 * undecided by itself. A kind that is not listed here leans to yes.
 */
const placesNothing: ReadonlySet<string> = new Set([
  "Organization",
  "DataPlane",
  "BuildPlane",
  "ObservabilityPlane",
  "Environment",
  "DeploymentPipeline",
  "ServiceClass",
  "WebApplicationClass",
  "ScheduledTaskClass",
  "APIClass",
]);

type Group = { readonly holds: Allowance; readonly words: SpoiledWords };

export class Spoils {
  readonly #groups: readonly Group[];
  readonly #byOrganization = new Map<string, readonly Group[]>();

  constructor(spoiled: readonly Spoiled[]) {
    const keys = new Map(spoiled.map(({ holds }) => [holds, allowanceKey(holds)]));
    const groups = Map.groupBy(spoiled, ({ holds }) => keys.get(holds));
    this.#groups = [...groups.values()].flatMap((group) =>
      group[0] === undefined ? [] : [{ holds: group[0].holds, words: new SpoiledWords(group) }],
    );
  }

  /** Asked once for every name, so the groups of an organization are looked for once. */
  #of(organization: string): readonly Group[] {
    const known = this.#byOrganization.get(organization);
    if (known !== undefined) return known;
    const groups = this.#groups.filter(({ holds }) => allowsOrganization(holds, organization));
    this.#byOrganization.set(organization, groups);
    return groups;
  }

  /** A file that may have held, in whatever way, what makes a Release or a Cell with this name be there. */
  holderOf(organization: string, name: string): string | undefined {
    for (const { holds, words } of this.#of(organization)) {
      const holder = placesReleases(holds) ? words.holderOf(name) : undefined;
      if (holder !== undefined) return holder;
    }
    return undefined;
  }

  /** Whether a spoiled text plainly names this kind and this name. */
  couldBe(organization: string, kind: string, name: string): boolean {
    return this.fileNaming(organization, kind, name) !== undefined;
  }

  /** The first file with a spoiled text that plainly names this kind and this name. */
  fileNaming(organization: string, kind: string, name: string): string | undefined {
    for (const { holds, words } of this.#of(organization)) {
      const file = allowsKind(holds, kind) ? words.fileNaming(kind, name) : undefined;
      if (file !== undefined) return file;
    }
    return undefined;
  }

  /** A file that may have held, in whatever way it was written, a document of this kind that names this. */
  holderOfKind(organization: string, kind: string, name: string): string | undefined {
    for (const { holds, words } of this.#of(organization)) {
      const file = allowsKind(holds, kind) ? words.holderOfKind(kind, name) : undefined;
      if (file !== undefined) return file;
    }
    return undefined;
  }

  /** The first file with a spoiled text that plainly names a Binding, this component and this environment. */
  fileBinding(organization: string, component: string, environment: string): string | undefined {
    for (const { holds, words } of this.#of(organization)) {
      const mayBind = bindingKinds.some((kind) => allowsKind(holds, kind));
      const file = mayBind ? words.fileBinding(component, environment) : undefined;
      if (file !== undefined) return file;
    }
    return undefined;
  }
}

function placesReleases({ kinds }: Allowance): boolean {
  return kinds === "all" || [...kinds].some((kind) => !placesNothing.has(kind));
}
