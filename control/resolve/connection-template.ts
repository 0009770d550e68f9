/** Templates of variables that tell the way to a connection's target: `{{ .word }}`, and nothing that would be a program. */
import type { Connection } from "../../schemas/connection.ts";
import type { Place, Problem } from "../../schemas/problem.ts";
import { at, type Traced } from "../load/traced.ts";
import { placeOr } from "../load/tree-reader.ts";
import { nearestName } from "../problems/nearest.ts";
import { type TargetValues, targetValueNames } from "./link.ts";

/** Whatever the target is: so a mistake in a template does not wait until the target is mended. */
export function checkTemplates({ inject }: Connection, tree: Traced | undefined, fallback: Place): readonly Problem[] {
  return inject.env.flatMap((entry, position): readonly Problem[] => {
    const unknown = templateParts(entry.value).filter(({ name }) => name === undefined);
    if (unknown.length === 0) return [];
    const near = unknown
      .map(({ word }) => nearestName(word.slice(1), targetValueNames))
      .find((one) => one !== undefined);
    return [
      {
        code: "invalid-template",
        severity: "error",
        message: `${unknown
          .slice(0, 3)
          .map(({ shown }) => shown)
          .join(" ")} is not known here`,
        place: placeOr(at(tree, "inject", "env", position, "value"), fallback),
        remedy:
          near === undefined
            ? "use {{ .host }}, {{ .port }}, {{ .scheme }}, {{ .basePath }}, {{ .uri }} or {{ .url }}"
            : `did you mean {{ .${near} }}?`,
      },
    ];
  });
}

/** A template may name what this target has no one value of: the host of a block of addresses, the port of several. */
export function findValueless(template: string, values: TargetValues): string | undefined {
  return templateParts(template).find(({ name }) => name !== undefined && values[name] === undefined)?.shown;
}

/** Replaces each `{{ .name }}`; nothing else stands between braces where there is no Problem. */
export function substitute(template: string, values: TargetValues): string {
  const [start = ""] = template.split("{{");
  const parts = templateParts(template).map(
    ({ name, after }) => `${name === undefined ? "" : (values[name] ?? "")}${after}`,
  );
  return [start, ...parts].join("");
}

type TemplatePart = {
  /** What stands between the braces, and as which value it is known. */
  readonly word: string;
  readonly name: keyof TargetValues | undefined;
  /** The braces as written, cut short. */
  readonly shown: string;
  readonly after: string;
};

/** By opening braces. Anything but `{{ .name }}` would be a program, which upstream runs and we refuse. */
function templateParts(template: string): readonly TemplatePart[] {
  const [, ...rest] = template.split("{{");
  return rest.map((part) => {
    const end = part.indexOf("}}");
    const word = part.slice(0, Math.max(end, 0)).trim();
    const name = word.slice(1);
    const shown = `{{${part.slice(0, end < 0 ? 20 : Math.min(end + 2, 40))}`;
    return {
      word,
      name: word.startsWith(".") && isTargetValue(name) ? name : undefined,
      shown,
      after: part.slice(end + 2),
    };
  });
}

function isTargetValue(name: string): name is keyof TargetValues {
  return targetValueNames.some((known) => known === name);
}
