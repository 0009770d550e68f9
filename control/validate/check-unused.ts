/** What upstream's documents may say and nothing reads. A warning at each: what is asked for is not dropped in silence. */
import { bindingKinds, claimKinds } from "../../schemas/kinds.ts";
import { isOf } from "../load/is-of.ts";
import type { SpecDocument } from "../load/parse.ts";
import type { Finding } from "./finding.ts";

export function checkUnused(document: SpecDocument): readonly Finding[] {
  if (isOf(document, [...claimKinds, ...bindingKinds]))
    return unused(document.resource.spec.overrides, {
      field: "overrides",
      remedy: "say it in environmentOverrides of the Binding, which has fields for what may differ, or remove it",
    });
  if (isOf(document, ["ConfigurationGroup"]))
    return unused(document.resource.spec.scope, {
      field: "scope",
      remedy: "remove it: who refers to a value has it",
    });
  return [];
}

function unused(
  map: Readonly<Record<string, unknown>> | undefined,
  { field, remedy }: { readonly field: string; readonly remedy: string },
): readonly Finding[] {
  return Object.keys(map ?? {}).map((key): Finding => ({
    code: "unused-field",
    severity: "warning",
    message: `${field}.${key} is read by nothing, so nothing is rendered of it`,
    remedy,
    path: ["spec", field, key],
  }));
}
