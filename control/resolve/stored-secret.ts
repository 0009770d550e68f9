/**
 * Secrets that a component needs of its plane's store: SecretReferences whole, of ConfigurationGroups the keys that are used.
 * Each becomes an ExternalSecret, called like the component and what it refers to; names have no dots, so with dots between
 * them no two are the same. What all pods of a plane pull with is each component's own too: an object is of one Release, and
 * in the Cell's a wrong reference would hold up the namespace and all that is in it.
 */
import { compareText } from "../../schemas/compare.ts";
import type { ResourceOf } from "../../schemas/kinds.ts";
import { DataKey } from "../../schemas/kubernetes/formats.ts";
import { partName } from "../../schemas/names.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { SpecDocument } from "../load/parse.ts";
import { at, itemsOf, type Origin, scalarOf, type Traced, tracedMap } from "../load/traced.ts";
import { nearestName } from "../problems/nearest.ts";
import { relatedTo } from "../problems/related.ts";
import { checkSecretReference, isPullable } from "../validate/check-secret-reference.ts";
import type { Lookup } from "../validate/lookup.ts";
import { fieldPlace } from "../validate/specs-index.ts";
import { suggestName } from "../validate/suggest-name.ts";
import type { ConfiguredValue } from "./configurations.ts";
import type { DataPlaneDocument } from "./gateways.ts";
import { type Asked, problemAt, type Reference } from "./reference.ts";

type SecretReference = SpecDocument<ResourceOf<"SecretReference">>;

export type StoredSecret = {
  /** Of the ExternalSecret and of the Secret that it makes. */
  readonly name: string;
  /** What the Secret looks like. */
  readonly template: Traced | undefined;
  readonly refreshInterval: Traced | undefined;
  /** Each `{secretKey, remoteRef}`, as an ExternalSecret has it. */
  readonly data: readonly Traced[];
  /** What has pods pull images with it; undefined where they do not. */
  readonly pulledBy: Traced | undefined;
  /** Whether variables or files have a value of it. */
  readonly isRead: boolean;
};

/** A value of a Secret. */
export type StoredValue = { readonly secret: StoredSecret; readonly key: Traced };

const rule: Origin = { kind: "rule", rule: "secret-store" };

/** `blocked` where the SecretReference has a Problem of its own. */
export function findSecret(
  { name, key }: Reference,
  node: Traced | undefined,
  context: Asked,
): StoredValue | Problem | "blocked" {
  const { binding, index } = context;
  const document = index.find("SecretReference", binding.organization, name);
  if (document === undefined) {
    if (index.spoils.couldBe(binding.organization, "SecretReference", name)) return "blocked";
    const { remedy, related } = suggestName(index, {
      kind: "SecretReference",
      parts: [binding.organization, name],
      remedy: "add it, or mend the name",
    });
    const message = `there is no SecretReference ${name}`;
    return problemAt(context, at(node, "name"), { code: "unknown-secret", message, remedy, ...relatedTo(related) });
  }
  if (checkSecretReference(document).length > 0) return "blocked";
  const keys = document.resource.spec.data.map(({ secretKey }) => secretKey);
  const written = at(node, "key");
  if (keys.includes(key) && written !== undefined)
    return { secret: { ...referencedSecret(document, binding.component), isRead: true }, key: written };
  const near = nearestName(key, keys);
  const remedy =
    near === undefined
      ? `add it there, or name one of its keys: ${keys.slice(0, 10).join(", ")}`
      : `did you mean ${near}?`;
  const place = fieldPlace(document, "spec", "data", Math.max(keys.indexOf(near ?? ""), 0), "secretKey");
  const related = relatedTo([{ place, message: `key ${near ?? keys[0] ?? ""} stands here` }]);
  const message = `SecretReference ${name} has no key ${key}`;
  return problemAt(context, written, { code: "unknown-secret", message, remedy, ...related });
}

/** What a component calls the Secret of a SecretReference. */
export function secretNameOf(component: string, reference: string): string {
  return partName(component, reference);
}

export function referencedSecret({ resource, tree }: SecretReference, component: string): StoredSecret {
  return {
    name: secretNameOf(component, resource.metadata.name),
    template: at(tree, "spec", "template"),
    refreshInterval: at(tree, "spec", "refreshInterval"),
    data: itemsOf(at(tree, "spec", "data")),
    pulledBy: undefined,
    isRead: false,
  };
}

/** A value that a ConfigurationGroup keeps in the store. */
export function vaultValue(
  { group, key, vaultKey }: ConfiguredValue,
  node: Traced | undefined,
  context: Asked,
): StoredValue | Problem {
  if (key === undefined || !DataKey.safeParse(scalarOf(key)).success) {
    const message = `${String(scalarOf(key))} of ConfigurationGroup ${group} is kept as a secret, and is no key that a Secret may have`;
    const remedy = "call it with letters, digits, -, _ and . only";
    return problemAt(context, node, { code: "unsupported-secret", message, remedy });
  }
  const remoteRef = tracedMap({ key: vaultKey }, vaultKey?.origin ?? rule);
  const secret = {
    name: partName(context.binding.component, group, "configuration"),
    template: undefined,
    refreshInterval: undefined,
    data: [tracedMap({ secretKey: key, remoteRef }, key.origin)],
    pulledBy: undefined,
    isRead: true,
  };
  return { secret, key };
}

/** What pods of the plane pull with; undefined where one of it has a Problem of its own. */
export function findPullSecrets(
  { resource, tree }: DataPlaneDocument,
  component: string,
  { index, organization }: { readonly index: Lookup; readonly organization: string },
): readonly StoredSecret[] | undefined {
  const { imagePullSecretRefs = [], secretStoreRef } = resource.spec;
  if (imagePullSecretRefs.length > 0 && secretStoreRef === undefined) return undefined;
  const found = imagePullSecretRefs.map((name, position): StoredSecret | undefined => {
    const document = index.find("SecretReference", organization, name);
    if (document === undefined || !isPullable(document) || checkSecretReference(document).length > 0) return undefined;
    const pulledBy = at(tree, "spec", "imagePullSecretRefs", position);
    return { ...referencedSecret(document, component), pulledBy };
  });
  return found.every((secret) => secret !== undefined) ? found : undefined;
}

/** Each name once, with the keys of all of that name, in order of name and key. */
export function joinSecrets(secrets: readonly StoredSecret[]): readonly StoredSecret[] {
  const joined = new Map<string, StoredSecret>();
  for (const secret of secrets) {
    const known = joined.get(secret.name);
    joined.set(secret.name, known === undefined ? secret : joinTwo(known, secret));
  }
  return [...joined.values()].toSorted((a, b) => compareText(a.name, b.name));
}

function joinTwo(a: StoredSecret, b: StoredSecret): StoredSecret {
  const data = new Map([...a.data, ...b.data].map((item) => [String(scalarOf(at(item, "secretKey"))), item] as const));
  return {
    ...a,
    data: [...data].toSorted(([x], [y]) => compareText(x, y)).map(([, item]) => item),
    pulledBy: a.pulledBy ?? b.pulledBy,
    isRead: a.isRead || b.isRead,
  };
}
