/** A field as `gitplane explain` shows it to people: its facts, its words, the fields below, and where more is to read. */
import { formatTable } from "../../process/table.ts";
import { type Field, firstSentence } from "../../schemas/field.ts";
import { kindSlug } from "../../schemas/kind-slug.ts";
import { apiVersion } from "../../schemas/metadata.ts";
import { type DocumentKind, kindDescription } from "../../schemas/schema-node.ts";
import { kubernetesPage } from "./kubernetes-page.ts";

/** `below` are fields of the subject, each after the one that holds it. */
export function fieldText(kind: DocumentKind, field: Field, below: readonly Field[]): string {
  const { path, type, isRequired, allowed, limits, kubernetesType, description } = field;
  const isDocument = path.length === 0;
  const preset = field.default === undefined ? undefined : JSON.stringify(field.default);
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["KIND", kind],
    ["VERSION", apiVersion],
    ["FILE", kind === "Places" ? "gitplane.yaml in the root of the specs repository" : undefined],
    ["FIELD", isDocument ? undefined : path.join(".")],
    ["TYPE", type],
    ["KUBERNETES", kubernetesType === undefined ? undefined : `the type ${kubernetesType}`],
    ["REQUIRED", isDocument ? undefined : isRequired ? "yes" : "no"],
    ["DEFAULT", preset],
    ["ALLOWED", allowed?.join(", ")],
    ["LIMITS", limits.length === 0 ? undefined : limits.join("; ")],
    ["EXAMPLE", isDocument ? examplePlace(kind) : undefined],
    ["MORE", kubernetesPage(kind, path)],
  ];
  const head = facts.flatMap(([name, value]) => (value === undefined ? [] : [`${`${name}:`.padEnd(13)}${value}\n`]));
  const words = isDocument ? kindDescription(kind) : description;
  const text = words === undefined ? "" : `\n${words}\n`;
  return `${head.join("")}${text}${below.length === 0 ? "" : `\n${fieldTable(below, path.length)}`}`;
}

/** The published package carries neither of them. */
function examplePlace(kind: DocumentKind): string {
  if (kind === "Places") return "README.md of Gitplane's repository";
  const slug = kindSlug(kind);
  return `fixtures/examples/${slug}.yaml of Gitplane's repository, also shown by docs/reference/${slug}.md`;
}

function fieldTable(fields: readonly Field[], depth: number): string {
  return formatTable<Field>(
    [
      { heading: "field", value: ({ path }) => `${"  ".repeat(path.length - depth - 1)}${path.at(-1)}` },
      { heading: "type", value: ({ type }) => type },
      { heading: "required", value: ({ isRequired }) => (isRequired ? "yes" : undefined) },
      { heading: "is", value: ({ description = "" }) => firstSentence(description) },
    ],
    fields,
  );
}
