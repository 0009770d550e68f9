/**
 * Which object of ours a pod belongs to, without asking: its controller's name stands in it, and a Deployment's is its
 * ReplicaSet's without the hash that stands in a label (Kubernetes: Deployment, "Pod-template-hash label").
 */
import { type KubernetesObject, objectId, splitApiVersion } from "../../schemas/object-id.ts";
import { listOf, mappingAt, textOf } from "./verdict.ts";

/** Ids of the pod's controller and, of a ReplicaSet's pod, of the Deployment that there would be. */
export function ownersOfPod(pod: KubernetesObject): readonly string[] {
  const controller = listOf(pod.metadata["ownerReferences"])
    .map((each) => mappingAt(each))
    .find((each) => each["controller"] === true);
  if (controller === undefined) return [];
  const { group, version } = splitApiVersion(textOf(controller["apiVersion"]));
  const { namespace = "" } = pod.metadata;
  const owner = { group, version, kind: textOf(controller["kind"]), namespace, name: textOf(controller["name"]) };
  const hash = textOf(mappingAt(pod.metadata, "labels")["pod-template-hash"]);
  const isHashed = owner.kind === "ReplicaSet" && hash !== "" && owner.name.endsWith(`-${hash}`);
  if (!isHashed) return [objectId(owner)];
  const name = owner.name.slice(0, -(hash.length + 1));
  return [objectId({ ...owner, kind: "Deployment", name }), objectId(owner)];
}
