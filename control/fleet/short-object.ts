/** An object's id for people: `Kind/name`. The objects of one Release share group and namespace, mostly. */
export function shortObject(id: string): string {
  const parts = id.split("/");
  const kind = parts.find((part) => /^[A-Z]/.test(part)) ?? "";
  return `${kind}/${parts.at(-1) ?? ""}`;
}
