/** Says what a delete waits for, and whose job that is (Kubernetes: "Finalizers"). Pure. */
import type { ListedObject } from "./target.ts";

/** Finalizers of Kubernetes itself, each with what takes it off. */
const known: ReadonlyMap<string, string> = new Map([
  ["foregroundDeletion", "the garbage collector takes it off when what depends on the object is gone"],
  ["orphan", "the garbage collector takes it off"],
  ["kubernetes.io/pvc-protection", "it goes when no Pod uses the claim any more"],
  ["kubernetes.io/pv-protection", "it goes when no claim is bound to the volume any more"],
  ["customresourcecleanup.apiextensions.k8s.io", "it goes when all objects of the definition are gone"],
  ["service.kubernetes.io/load-balancer-cleanup", "the cloud's service controller takes it off"],
]);

const mostNamed = 5;

/** Why an object that is marked for deletion is still there. `inside` is what goes along with it, where that is known. */
export function describeWait(finalizers: readonly string[], inside: readonly ListedObject[]): string {
  const own = finalizers.map((name) => `finalizer ${name} (${ownerOf(name)})`);
  const others = inside.flatMap(({ id, finalizers: names }) =>
    names.map((name) => `finalizer ${name} of ${id} (${ownerOf(name)})`),
  );
  const all = [...others, ...own];
  const shown = all.slice(0, mostNamed).join(", ");
  if (all.length === 0) return "is being deleted; waits for the cluster to delete what is in it";
  return `is being deleted; waits for ${shown}${all.length > mostNamed ? ` and ${all.length - mostNamed} more` : ""}`;
}

/** The part before the slash, or of an old form the part after its first dot, names the project that it belongs to. */
function ownerOf(finalizer: string): string {
  const told = known.get(finalizer);
  if (told !== undefined) return told;
  const [domain = "", name] = finalizer.split("/");
  if (name !== undefined || domain.includes("."))
    return `a controller of ${domain} must take it off; does it still run?`;
  return "whoever set it must take it off";
}
