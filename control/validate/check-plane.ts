/** Planes of every kind: what may be written of a cluster, and whether the plane can be named in labels. */
import { planeOf, type PlaneResource } from "../../schemas/kinds.ts";
import { planeKey } from "../../schemas/layout.ts";
import { dnsLabelLimit } from "../../schemas/names.ts";
import type { SpecDocument } from "../load/parse.ts";
import { placeOfKey } from "../load/key-place.ts";
import { at, scalarOf, type Traced } from "../load/traced.ts";
import { checkPlaneAnnotations } from "./check-annotations.ts";
import type { Finding } from "./finding.ts";

type PlaneDocument = SpecDocument<PlaneResource>;

/** Where upstream keeps what opens a cluster or its logs. */
const credentialFields = [
  { path: ["spec", "kubernetesCluster", "credentials"], whose: "a cluster" },
  { path: ["spec", "observer", "authentication"], whose: "an observer" },
] as const;

export function checkPlane(document: PlaneDocument): readonly Finding[] {
  const credentials = credentialFields
    .filter(({ path }) => isWritten(at(document.tree, ...path)))
    .map(({ path, whose }): Finding => ({
      code: "inline-credentials",
      message: `credentials of ${whose} stand in Git`,
      remedy:
        "remove it: the agent in the cluster pulls, so nobody needs credentials of the cluster, and Git keeps secrets forever",
      path,
      place: placeOfKey(document, path),
    }));
  const { resource } = document;
  const annotations = checkPlaneAnnotations(resource.metadata);
  return [
    ...credentials,
    ...checkKey(resource),
    ...checkRegistry(resource),
    ...checkEncryption(resource),
    ...annotations,
  ];
}

/** A field without a value says nothing, here as elsewhere. */
function isWritten(tree: Traced | undefined): boolean {
  return tree !== undefined && scalarOf(tree) !== null;
}

/** Pods are rendered without it, and images of a closed registry would not be pulled. */
function checkRegistry(resource: PlaneResource): readonly Finding[] {
  if (resource.kind !== "DataPlane" || resource.spec.registry?.secretRef === undefined) return [];
  return [
    {
      code: "unsupported-secret",
      severity: "warning",
      message: "pods do not get the registry's Secret by this version",
      remedy: "name it in imagePullSecrets of the classes",
      path: ["spec", "registry", "secretRef"],
    },
  ];
}

/** Whether it is on is Cilium's to say, and a plane without Cilium cannot keep it. */
function checkEncryption(resource: PlaneResource): readonly Finding[] {
  if (resource.kind !== "DataPlane" || resource.spec.transportEncryption === undefined) return [];
  const path = ["spec", "transportEncryption"];
  if (resource.spec.networkPolicy === "Kubernetes")
    return [
      {
        code: "unsupported-policy",
        message: "WireGuard is asked of Cilium, and networkPolicy says that the plane has none",
        remedy: "remove it, or run Cilium and say networkPolicy: Cilium",
        path,
      },
    ];
  return [
    {
      code: "unsupported-policy",
      severity: "warning",
      message: "whether traffic is encrypted is not checked by this version",
      remedy: "look with cilium encrypt status, in the cluster",
      path,
    },
  ];
}

function checkKey(resource: PlaneResource): readonly Finding[] {
  const key = planeKey(planeOf(resource));
  if (key.length <= dnsLabelLimit) return [];
  const message = `${key} is longer than ${dnsLabelLimit} characters, which a label holds`;
  return [{ code: "name-too-long", message, remedy: "shorten the name", path: ["metadata", "name"] }];
}
