/**
 * Secrets that stand in Git as part of a text: in arguments of a container (`--password=x`) and in headers that a gateway or a
 * probe sends (`Authorization: Basic …`). Warnings, because only a person can tell.
 */
import { bindingKinds, classKinds } from "../../schemas/kinds.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { SpecDocument } from "../load/parse.ts";
import { at, itemsOf, scalarOf, type Traced } from "../load/traced.ts";
import { placeOf } from "../load/tree-reader.ts";
import { isNoSecret, isSecretName } from "./secret-name.ts";

const kindsWithTexts: ReadonlySet<string> = new Set(["Workload", "APIClass", ...bindingKinds, ...classKinds]);

/** Of a Workload, a Binding or a class, of APIs too; none of another kind. One for each text. */
export function checkSecretTexts({ resource, tree, place }: SpecDocument): readonly Problem[] {
  if (!kindsWithTexts.has(resource.kind)) return [];
  const found: Found[] = [];
  collect(tree, found);
  return found.map(({ what, tree: text, remedy }) => ({
    code: "secret-like-value",
    severity: "warning",
    message: `${what}, and its value stands in Git`,
    place: placeOf(text.origin, place.file),
    remedy: `${remedy}; if this value is in use, revoke it, because Git keeps it forever`,
  }));
}

type Found = { readonly what: string; readonly tree: Traced; readonly remedy: string };

function collect(tree: Traced, found: Found[]): void {
  if (tree.kind === "list") for (const item of tree.items) collect(item, found);
  if (tree.kind !== "map") return;
  const fields = [
    { name: at(tree, "headerName"), value: at(tree, "headerValue") },
    ...itemsOf(at(tree, "httpHeaders")).map((header) => ({ name: at(header, "name"), value: at(header, "value") })),
  ];
  found.push(...fields.flatMap(({ name, value }) => findHeader(textOf(name), value)));
  for (const list of ["command", "args"]) found.push(...findArguments(itemsOf(at(tree, list))));
  for (const value of tree.entries.values()) collect(value, found);
}

function findHeader(name: string, value: Traced | undefined): readonly Found[] {
  if (value === undefined || !isCredential(name, textOf(value))) return [];
  const what = `header ${name} looks like a credential`;
  const remedy = "let the component send it, from a variable that refers to the plane's secret store";
  return [{ what, tree: value, remedy }];
}

/** A challenge (RFC 9110, 11.3) starts like credentials and is none. */
function isCredential(name: string, value: string): boolean {
  if (/-authenticate$/i.test(name)) return false;
  const [, scheme, rest = ""] = /^\s*(basic|bearer)\s+(\S.*)$/i.exec(value) ?? [];
  if (scheme !== undefined) return !isNoSecret(rest);
  return (/^(proxy-)?authorization$/i.test(name) || isSecretName(name)) && !isNoSecret(value);
}

function findArguments(items: readonly Traced[]): readonly Found[] {
  return items.flatMap((tree, index): readonly Found[] => {
    const next = items[index + 1];
    const flag = /^--?([A-Za-z][\w.-]*)$/.exec(textOf(tree))?.[1];
    const value = textOf(next);
    if (flag !== undefined && next !== undefined && !value.startsWith("-") && isGiven(flag, value))
      return [argument(`argument ${flag} is named like a secret`, next)];
    const inside = secretWithin(textOf(tree));
    return inside === undefined ? [] : [argument(inside, tree)];
  });
}

function argument(what: string, tree: Traced): Found {
  const remedy =
    "keep it in the plane's secret store, let a variable refer to it with valueFrom.secretRef, and write $(VARIABLE) here";
  return { what, tree, remedy };
}

/** `--password=x`, `PASSWORD=x` and, among the words of a shell's line, `--password x` and a header. */
function secretWithin(text: string): string | undefined {
  const settings = text.matchAll(
    /(?:^|[\s;&|"'])(?:-{0,2}([A-Za-z_][\w.-]*)=|--?([A-Za-z][\w.-]*)[ \t]+(?!-))["']?([^\s;&|"']+)/g,
  );
  for (const [, assigned, flag, value = ""] of settings) {
    const name = assigned ?? flag ?? "";
    if (isGiven(name, value)) return `argument ${name} is named like a secret`;
  }
  const [, header = "", value] = /((?:proxy-)?authorization):[ \t]*([^"']+)/i.exec(text) ?? [];
  return value !== undefined && !value.includes("$") && isCredential(header, value)
    ? `header ${header} looks like a credential`
    : undefined;
}

/** Whether a secret's value is written out, and not taken from a shell's variable. */
function isGiven(name: string, value: string): boolean {
  return isSecretName(name) && !value.includes("$") && !isNoSecret(value);
}

function textOf(tree: Traced | undefined): string {
  return String(scalarOf(tree) ?? "");
}
