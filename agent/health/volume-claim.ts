/**
 * Health of a PersistentVolumeClaim by its phase. One of a class that waits for its first consumer stays Pending until a pod
 * asks for it, and nothing has marked it for a provisioner until then (Kubernetes: StorageClass, "Volume binding mode"): that
 * blocks nobody. A pod that waits for the claim says so itself.
 */
import { type Assess, degraded, healthy, mappingAt, progressing, textOf, unknown } from "./verdict.ts";

const provisioners = ["volume.kubernetes.io/storage-provisioner", "volume.beta.kubernetes.io/storage-provisioner"];

export const assessVolumeClaim: Assess = (object) => {
  const phase = textOf(mappingAt(object, "status")["phase"]);
  if (phase === "Bound") return healthy;
  if (phase === "Lost") return degraded("its volume is lost");
  const annotations = mappingAt(object, "metadata", "annotations");
  const isAsked = provisioners.some((name) => annotations[name] !== undefined);
  return isAsked ? progressing("waits for its volume") : unknown("is not bound; it may wait for its first pod");
};
