/** Planes of every kind: what may be written of a cluster, and whether the plane can be named in labels. */
import { organizationOf, planeOf, type PlaneResource } from "../../schemas/kinds.ts";
import { planeKey } from "../../schemas/layout.ts";
import { dnsLabelLimit } from "../../schemas/names.ts";
import type { SpecDocument } from "../load/parse.ts";
import { placeOfKey } from "../load/key-place.ts";
import { at, scalarOf, type Traced } from "../load/traced.ts";
import { checkPlaneAnnotations } from "./check-annotations.ts";
import { checkEntities } from "./check-entities.ts";
import { isPullable, pullType } from "./check-secret-reference.ts";
import { checkReference, type Finding } from "./finding.ts";
import type { Lookup } from "./lookup.ts";
import { fieldPlace } from "./specs-index.ts";

type PlaneDocument = SpecDocument<PlaneResource>;

/** Where upstream keeps what opens a cluster or its logs. */
const credentialFields = [
  { path: ["spec", "kubernetesCluster", "credentials"], whose: "a cluster" },
  { path: ["spec", "observer", "authentication"], whose: "an observer" },
] as const;

export function checkPlane(document: PlaneDocument, index: Lookup): readonly Finding[] {
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
    ...checkPullSecrets(resource, index),
    ...checkEncryption(resource),
    ...checkNameServers(resource),
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
      remedy: "name a SecretReference in imagePullSecretRefs, or the Secret in imagePullSecrets of the classes",
      path: ["spec", "registry", "secretRef"],
    },
  ];
}

/** It is Cilium that encrypts, and a plane without it cannot keep what is asked. */
function checkEncryption(resource: PlaneResource): readonly Finding[] {
  if (resource.kind !== "DataPlane" || resource.spec.transportEncryption === undefined) return [];
  if (resource.spec.networkPolicy !== "Kubernetes") return [];
  return [
    {
      code: "unsupported-policy",
      message: "WireGuard is asked of Cilium, and networkPolicy says that the plane has none",
      remedy: "remove it, or run Cilium and say networkPolicy: Cilium",
      path: ["spec", "transportEncryption"],
    },
  ];
}

function checkNameServers(resource: PlaneResource): readonly Finding[] {
  if (resource.kind !== "DataPlane") return [];
  const { nameServers = [], networkPolicy } = resource.spec;
  return checkEntities(nameServers, ["spec", "nameServers"], networkPolicy);
}

/** With one of them missing no pod of the plane could pull its images, so nothing is rendered for it. */
function checkPullSecrets(resource: PlaneResource, index: Lookup): readonly Finding[] {
  if (resource.kind !== "DataPlane") return [];
  const { imagePullSecretRefs = [], secretStoreRef } = resource.spec;
  const found = imagePullSecretRefs.flatMap((name, position) =>
    checkPullSecret(name, { organization: organizationOf(resource), position, index }),
  );
  if (imagePullSecretRefs.length === 0 || secretStoreRef !== undefined) return found;
  const message = "the plane has no secretStoreRef, from which Secrets for pulling images would be read";
  const remedy = "name the ClusterSecretStore of the cluster in secretStoreRef";
  return [{ code: "missing-secret-store", message, remedy, path: ["spec", "imagePullSecretRefs"] }, ...found];
}

type PullSecret = { readonly organization: string; readonly position: number; readonly index: Lookup };

function checkPullSecret(name: string, { organization, position, index }: PullSecret): readonly Finding[] {
  const path = ["spec", "imagePullSecretRefs", position];
  const document = index.find("SecretReference", organization, name);
  if (document === undefined)
    return checkReference(index, {
      kind: "SecretReference",
      parts: [organization, name],
      code: "unknown-secret",
      path,
    });
  if (isPullable(document)) return [];
  const message = `images are pulled with a Secret of type ${pullType} and its key .dockerconfigjson, which SecretReference ${name} is not`;
  const related = [{ place: fieldPlace(document, "metadata", "name"), message: `SecretReference ${name} stands here` }];
  const remedy = `give it the key, and the type ${pullType} or none`;
  return [{ code: "unsupported-secret", message, remedy, path, related }];
}

function checkKey(resource: PlaneResource): readonly Finding[] {
  const key = planeKey(planeOf(resource));
  if (key.length <= dnsLabelLimit) return [];
  const message = `${key} is longer than ${dnsLabelLimit} characters, which a label holds`;
  return [{ code: "name-too-long", message, remedy: "shorten the name", path: ["metadata", "name"] }];
}
