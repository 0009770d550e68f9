/**
 * The DataPlanes that bring gateways to a cluster, by the name that they give it, over all organizations: kept as documents come
 * and go, so that one more costs the same however many others there are.
 */
import { isOf } from "../load/is-of.ts";
import type { SpecDocument } from "../load/parse.ts";
import type { DataPlaneDocument } from "../resolve/gateways.ts";

/** The name of the question that is answered of a cluster. */
export function clusterQuestion(cluster: string): string {
  return `cluster/${cluster}`;
}

export class Clusters {
  readonly #managers = new Map<string, Set<DataPlaneDocument>>();

  /** Takes documents out and brings others in; answers the questions that have other answers now. */
  exchange(left: readonly SpecDocument[], came: readonly SpecDocument[]): ReadonlySet<string> {
    const questions = new Set<string>();
    for (const document of left) this.#replace(document, "delete", questions);
    for (const document of came) this.#replace(document, "add", questions);
    return questions;
  }

  managersOf(cluster: string): Iterable<DataPlaneDocument> {
    return this.#managers.get(cluster) ?? [];
  }

  #replace(document: SpecDocument, action: "add" | "delete", questions: Set<string>): void {
    if (!isOf(document, ["DataPlane"])) return;
    const { kubernetesCluster, gateway } = document.resource.spec;
    if (kubernetesCluster === undefined || gateway?.manage === undefined) return;
    const managers = this.#managers.get(kubernetesCluster.name) ?? new Set();
    managers[action](document);
    if (managers.size === 0) this.#managers.delete(kubernetesCluster.name);
    else this.#managers.set(kubernetesCluster.name, managers);
    questions.add(clusterQuestion(kubernetesCluster.name));
  }
}
