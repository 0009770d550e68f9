/** A boundary as an object of the kind that the plane's network keeps. */
import type { Cell } from "../resolve/cell.ts";
import type { Boundary } from "./boundary.ts";
import { ciliumPolicy } from "./cilium-policy.ts";
import { kubernetesPolicy } from "./kubernetes-policy.ts";
import { type Destination, makeManifest, type Manifest } from "./manifest.ts";

export function renderBoundary(
  boundary: Boundary,
  networkPolicy: Cell["networkPolicy"],
  destination: Destination,
): Manifest {
  const { name, namespace, labels = {} } = boundary;
  const written = networkPolicy === "Cilium" ? ciliumPolicy(boundary) : kubernetesPolicy(boundary);
  return makeManifest({ ...written, name, namespace, labels }, destination);
}
