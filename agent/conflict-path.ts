/**
 * Fields as the API server names them in a conflict, such as `.spec.template.spec.containers[name="main"].image` (Kubernetes:
 * structured-merge-diff, `fieldpath.PathElement.String`). A name is written as it is, dots and all, so a path is read against
 * the object that it speaks of.
 */
import type { KubernetesObject } from "../schemas/object-id.ts";
import { type FieldPath, innerOf } from "./managed-fields.ts";

/** Where the named field stands in the object; undefined when it does not. */
export function locateField(object: KubernetesObject, text: string): FieldPath | undefined {
  return locate(object, text, 0);
}

const deepest = 100;

function locate(value: unknown, text: string, depth: number): FieldPath | undefined {
  if (text === "") return [];
  if (depth > deepest || typeof value !== "object" || value === null) return undefined;
  return text.startsWith(".") ? locateName(value, text.slice(1), depth) : locateItem(value, text, depth);
}

/** The longest name first: of `app` and `app.kubernetes.io/name` the text means the second. */
function locateName(value: object, text: string, depth: number): FieldPath | undefined {
  const names = Object.keys(value).filter((name) => {
    const next = text.charAt(name.length);
    return text.startsWith(name) && (next === "" || next === "." || next === "[");
  });
  for (const name of names.sort((a, b) => b.length - a.length)) {
    const rest = locate(innerOf(value, name), text.slice(name.length), depth + 1);
    if (rest !== undefined) return [name, ...rest];
  }
  return undefined;
}

function locateItem(value: object, text: string, depth: number): FieldPath | undefined {
  const element = /^\[((?:"(?:[^"\\]|\\.)*"|[^"\]])*)\]/u.exec(text);
  if (element === null || !Array.isArray(value)) return undefined;
  const place = value.findIndex((item: unknown, index) => isItem(element[1] ?? "", item, index));
  if (place < 0) return undefined;
  const rest = locate(value[place], text.slice(element[0].length), depth + 1);
  return rest === undefined ? undefined : [place, ...rest];
}

/** `name="main",port=80`, `="value"`, or a place. */
function isItem(element: string, item: unknown, index: number): boolean {
  if (/^\d+$/u.test(element)) return Number(element) === index;
  if (element.startsWith("=")) return element.slice(1) === JSON.stringify(item);
  const keys = [...element.matchAll(/([^=,]+)=("(?:[^"\\]|\\.)*"|[^,]*)/gu)];
  const isSame = ([, name = "", value = ""]: RegExpExecArray): boolean => {
    const own = innerOf(item, name);
    return own === undefined || JSON.stringify(own) === value;
  };
  return keys.length > 0 && keys.every(isSame) && keys.some(([, name = ""]) => innerOf(item, name) !== undefined);
}

/** A copy of the object without these fields. */
export function withoutFields(object: KubernetesObject, paths: readonly FieldPath[]): KubernetesObject {
  const copy = structuredClone(object);
  const lists = new Map<unknown[], Set<number>>();
  for (const path of paths) {
    let folder: unknown = copy;
    for (const step of path.slice(0, -1)) folder = innerOf(folder, step);
    const last = path.at(-1);
    if (Array.isArray(folder) && typeof last === "number") {
      lists.set(folder, (lists.get(folder) ?? new Set()).add(last));
    } else if (typeof folder === "object" && folder !== null && typeof last === "string") {
      Reflect.deleteProperty(folder, last);
    }
  }
  // Items go when all is found, since places shift.
  for (const [list, places] of lists) list.splice(0, list.length, ...list.filter((_, place) => !places.has(place)));
  return copy;
}
