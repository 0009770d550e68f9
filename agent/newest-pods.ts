/** The newest pod of each owner, of so many owners as were heard of last: Jobs come and go while a namespace is watched. */
export type NewestPod = { readonly createdAt: string; readonly revision: string };

const mostOwners = 2000;

/** Notes the pod where it is the newest of its owner. */
export function noteNewest(newest: Map<string, NewestPod>, owner: string, pod: NewestPod): void {
  const known = newest.get(owner);
  const kept = known === undefined || known.createdAt <= pod.createdAt ? pod : known;
  newest.delete(owner);
  newest.set(owner, { createdAt: kept.createdAt, revision: kept.revision });
  if (newest.size <= mostOwners) return;
  for (const oldest of newest.keys()) {
    newest.delete(oldest);
    return;
  }
}
