/** A SecretReference by itself: its keys differ, and it has those that its type asks for. */
import type { ResourceOf } from "../../schemas/kinds.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { SpecDocument } from "../load/parse.ts";
import { checkRepeated } from "./check-repeated.ts";
import { type Finding, report } from "./finding.ts";

type SecretReference = SpecDocument<ResourceOf<"SecretReference">>;

export const pullType = "kubernetes.io/dockerconfigjson";
const pullKey = ".dockerconfigjson";

/** Keys without which an API server refuses a Secret of the type (Kubernetes, "Types of Secret"). */
const requiredKeys: ReadonlyMap<string, readonly string[]> = new Map([
  ["kubernetes.io/dockercfg", [".dockercfg"]],
  [pullType, [pullKey]],
  ["kubernetes.io/ssh-auth", ["ssh-privatekey"]],
  ["kubernetes.io/tls", ["tls.crt", "tls.key"]],
]);

/** A Secret of it is filled in by Kubernetes with a token that nobody has put into the store. */
const tokenType = "kubernetes.io/service-account-token";

export function checkSecretReference(document: SecretReference): readonly Problem[] {
  const names = document.resource.spec.data.map(({ secretKey }) => secretKey);
  return [
    ...checkRepeated(document, { names, what: "key" }, (position) => ["spec", "data", position, "secretKey"]),
    ...report(document, checkType(document.resource.spec, names)),
  ];
}

function checkType({ template }: SecretReference["resource"]["spec"], names: readonly string[]): readonly Finding[] {
  const type = template?.type;
  if (type === undefined) return [];
  const path = ["spec", "template", "type"];
  if (type === tokenType) {
    const message = `Kubernetes itself fills Secrets of type ${type}, so none is made of a store's values`;
    return [{ code: "unsupported-secret", message, remedy: "give it another type, or none", path }];
  }
  const missing = (requiredKeys.get(type) ?? []).filter((key) => !names.includes(key));
  if (missing.length === 0) return [];
  const message = `a Secret of type ${type} needs ${missing.join(" and ")}, and data has no such key`;
  return [{ code: "unsupported-secret", message, remedy: "add it to data, or give the Secret another type", path }];
}

/** Whether pods can pull images with it. */
export function isPullable({ resource }: SecretReference): boolean {
  const { template, data } = resource.spec;
  return (template?.type ?? pullType) === pullType && data.some(({ secretKey }) => secretKey === pullKey);
}
