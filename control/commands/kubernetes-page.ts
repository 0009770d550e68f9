/** Where Kubernetes itself documents a field of a class's template: its own words are not in our schemas. */
import type { DocumentKind } from "../../schemas/schema-node.ts";
import { anyName } from "../../schemas/field.ts";

/** The object whose spec a class's template is. */
const objects: ReadonlyMap<string, string> = new Map([
  ["deploymentTemplate", "deployment"],
  ["serviceTemplate", "service"],
  ["cronJobTemplate", "cronjob"],
]);

/** A command such as `kubectl explain deployment.spec.replicas`; undefined for a field that is no Kubernetes field. */
export function kubernetesPage(kind: DocumentKind, path: readonly string[]): string | undefined {
  const [spec, template = "", ...steps] = path;
  const object = objects.get(template);
  if (!kind.endsWith("Class") || spec !== "spec" || object === undefined) return undefined;
  // kubectl ends at a map: the names in it are not fields.
  const entry = steps.indexOf(anyName);
  return `kubectl explain ${[object, "spec", ...(entry === -1 ? steps : steps.slice(0, entry))].join(".")}`;
}
