/** A document that is none of ours: of another system, or of a kind that is misspelt. */
import { kinds } from "../../schemas/kinds.ts";
import { apiVersion } from "../../schemas/metadata.ts";
import type { Place, Problem } from "../../schemas/problem.ts";
import { nearestName } from "../problems/nearest.ts";
import { at, type TracedMap } from "./traced.ts";
import { placeOf } from "./tree-reader.ts";

/** What a document says it is; empty where it does not. */
export type Header = { readonly apiVersion: string; readonly kind: string };

export function foreignProblem(header: Header, tree: TracedMap, place: Place): Problem {
  const isOurs = header.apiVersion === apiVersion;
  const shown = placeOf(at(tree, isOurs ? "kind" : "apiVersion")?.origin ?? tree.origin, place.file);
  const what = header.kind === "" ? "a document without kind" : header.kind;
  const from = header.apiVersion === "" ? "no apiVersion" : header.apiVersion;
  return {
    code: "foreign-document",
    severity: "error",
    message: `${what} of ${from} is not one of ours`,
    place: shown,
    remedy: remedyFor(header, at(tree, "spec", "owner") !== undefined),
  };
}

/** `hasOwner`: the spec names an owner, as ours do and those of Kubernetes' kinds of the same names do not. */
function remedyFor(header: Header, hasOwner: boolean): string {
  const kind = nearestName(header.kind, Object.keys(kinds));
  if (header.apiVersion === apiVersion && kind !== undefined) return `did you mean kind ${kind}?`;
  const isKubernetes = kubernetesVersion.test(header.apiVersion) && !isNearApiVersion(header.apiVersion);
  if (kind === header.kind && (hasOwner || !isKubernetes)) return `use apiVersion ${apiVersion}`;
  if (isKubernetes || kubernetesKinds.has(header.kind))
    return "Kubernetes objects are rendered, not written here; list the file in .gitplaneignore";
  return `use apiVersion ${apiVersion} and a kind that \`gitplane explain\` lists, or list the file in .gitplaneignore`;
}

/** A group and a version, or the version alone, as every object of an API server has them. */
const kubernetesVersion = /^([a-z0-9.-]+\/)?v[0-9][a-z0-9]*$/;

/** What people write most, to know it when the apiVersion is missing or ours. */
const kubernetesKinds: ReadonlySet<string> = new Set([
  "ConfigMap",
  "CronJob",
  "CustomResourceDefinition",
  "DaemonSet",
  "Deployment",
  "HTTPRoute",
  "HorizontalPodAutoscaler",
  "Ingress",
  "Job",
  "Namespace",
  "NetworkPolicy",
  "PersistentVolumeClaim",
  "Pod",
  "Role",
  "RoleBinding",
  "Secret",
  "ServiceAccount",
  "StatefulSet",
]);

/** Misspelt, or another version of ours. */
function isNearApiVersion(written: string): boolean {
  const [group = ""] = apiVersion.split("/");
  return written.startsWith(`${group}/`) || nearestName(written, [apiVersion]) !== undefined;
}
