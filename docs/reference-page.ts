/** One page of the reference: a kind, an example, and each of its fields; and the page that leads to them. */
import { crdNames } from "../schemas/crd-names.ts";
import { clusterScopedKinds } from "../schemas/crd.ts";
import { type Field, fieldsBelow } from "../schemas/field.ts";
import { kindSlug } from "../schemas/kind-slug.ts";
import type { KindName } from "../schemas/kinds.ts";
import { apiVersion } from "../schemas/metadata.ts";
import { kindDescription } from "../schemas/schema-node.ts";

const generated = "<!-- Written by `npm run docs`. -->";

/** `example` is the text of a file of `fixtures/examples`. */
export function referencePage(kind: KindName, example: string): string {
  const { plural, shortNames } = crdNames(kind);
  const scope = clusterScopedKinds.has(kind)
    ? "one for the whole cluster"
    : "of an organization (`metadata.namespace`)";
  const names = [plural, ...shortNames].map((name) => `\`${name}\``).join(", ");
  const slug = kindSlug(kind);
  return `${generated}
# ${kind}

${kindDescription(kind)}

\`${apiVersion}\`, ${scope}. Also called ${names}. [CRD](../crds/${slug}.yaml) · \`gitplane explain ${kind}\` · \`gitplane schema json ${kind}\`

## Example

\`\`\`yaml
${example.trimEnd()}
\`\`\`

## Fields

${fieldTable(fieldsBelow(kind, ["spec"], isOurs))}${kubernetesNote(kind)}`;
}

export function referenceIndex(groups: ReadonlyMap<string, readonly KindName[]>): string {
  const tables = [...groups].map(
    ([group, kinds]) =>
      `## ${group}\n\n| kind | is |\n|---|---|\n${kinds.map((kind) => `| [${kind}](${kindSlug(kind)}.md) | ${cell(kindDescription(kind))} |\n`).join("")}`,
  );
  return `${generated}
# Reference

What people write in the specs repository, kind by kind. Every document has \`apiVersion: ${apiVersion}\`, \`kind\`, \`metadata.name\` and, but for an Organization, \`metadata.namespace\`: the organization, \`default\` when absent. Names are DNS labels. The examples are one small platform, \`fixtures/examples\`.

${tables.join("\n")}`;
}

/** Kubernetes describes its own types. */
function isOurs({ kubernetesType }: Field): boolean {
  return kubernetesType === undefined;
}

function fieldTable(fields: readonly Field[]): string {
  const rows = fields.map((field) => {
    const { path, type, isRequired } = field;
    return `| \`${path.join(".")}\` | ${cell(type)} | ${isRequired ? "yes" : ""} | ${cell(about(field))} |\n`;
  });
  return `| field | type | required | |\n|---|---|---|---|\n${rows.join("")}`;
}

function about({ description, allowed, limits, default: preset }: Field): string {
  const parts = [
    description,
    ...(allowed === undefined ? [] : [`One of ${allowed.map(code).join(", ")}.`]),
    ...(preset === undefined ? [] : [`Default ${code(JSON.stringify(preset))}.`]),
    ...(limits.length === 0 ? [] : [`Limits: ${limits.map(limitText).join("; ")}`]),
  ];
  return parts.filter((part) => part !== undefined).join(" ");
}

/** A pattern is code; what else limits a value is words. */
function limitText(limit: string): string {
  return limit.replace(/(?<=^matches ).*$/s, code);
}

function code(text: string): string {
  return `\`${text}\``;
}

/** A bar would end the cell, in code too (GitHub Flavored Markdown, "Tables"); angle brackets outside code would be a tag. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function kubernetesNote(kind: KindName): string {
  const types = fieldsBelow(kind, ["spec"], isOurs).filter(({ kubernetesType }) => kubernetesType !== undefined);
  if (types.length === 0) return "";
  const lines = types.map(
    ({ path, kubernetesType }) =>
      `- \`${path.join(".")}\` is Kubernetes' ${kubernetesType}: \`gitplane explain ${kind}.${path.join(".")}\` shows its fields.\n`,
  );
  return `\n${lines.join("")}`;
}
