/** What a machine commit says: which component goes where, in what version. */
import type { BindingKey } from "../deploy/binding.ts";
import type { Edit } from "./edit.ts";

const listLimit = 20;

/** One sentence for one Binding; for several a summary and a list, which ends early when it is long. */
export function commitMessage(edits: readonly Edit[]): string {
  const lines = edits.flatMap((edit) => (edit.action === "freeze" ? [] : [describe(edit)]));
  const [first, second] = lines;
  if (first === undefined) return edits.length === 1 ? "Freeze a class" : `Freeze ${edits.length} classes`;
  if (second === undefined) return first;
  const shown = lines.slice(0, listLimit).map((line) => `- ${line}`);
  const more = lines.length > listLimit ? [`- and ${lines.length - listLimit} more`] : [];
  return [summarize(edits), "", ...shown, ...more].join("\n");
}

type BindingEdit = Exclude<Edit, { action: "freeze" }>;

function describe(edit: BindingEdit): string {
  const { component, environment } = edit.binding;
  if (edit.action === "remove") return `Remove ${component} from ${environment}`;
  const isPin =
    edit.action === "change" && edit.changes.every(({ path }) => /^class(Name|Hash)$/.test(path.at(-1) ?? ""));
  if (isPin) return `Pin the class of ${component} in ${environment}`;
  return `Deploy ${[component, ...versionOf(edit.binding.image)].join(" ")} to ${environment}`;
}

/** The tag of an image, or the start of its digest; none of an image without either. */
function versionOf(image: string): readonly string[] {
  const digest = /@sha256:([0-9a-f]{12})/.exec(image)?.[1];
  const tag = /:([\w.-]+)$/.exec(image.replace(/@.*$/, ""))?.[1];
  const version = tag ?? digest;
  return version === undefined ? [] : [version];
}

function summarize(edits: readonly Edit[]): string {
  const bindings = edits.flatMap((edit): readonly BindingKey[] => (edit.action === "freeze" ? [] : [edit.binding]));
  const [first] = bindings;
  const isOneAct =
    new Set(edits.flatMap(({ action }) => (action === "freeze" ? [] : [action === "remove"]))).size === 1;
  const isOnePlace = bindings.every(({ environment }) => environment === first?.environment);
  if (first === undefined || !isOneAct || !isOnePlace) return `Bring ${bindings.length} Bindings up to date`;
  const isRemoval = edits.some(({ action }) => action === "remove");
  return isRemoval
    ? `Remove ${bindings.length} components from ${first.environment}`
    : `Deploy ${bindings.length} components to ${first.environment}`;
}
