/** What a Binding of auto-deploy says in its document: as people wrote the Workload and the claim, not as schemas complete them. */
import { autoDeployMark } from "../../schemas/binding.ts";
import { claims } from "../../schemas/kinds.ts";
import { apiVersion, defaultOrganization } from "../../schemas/metadata.ts";
import { bindingName } from "../../schemas/names.ts";
import type { Binding, BindingKey } from "../deploy/binding.ts";
import { blockLines, usualStyle } from "../edit-yaml/yaml-text.ts";
import { toPlain, type Traced } from "../load/traced.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The frozen workload, without the owner that the Workload names. */
export function workloadText({ workloadTree, workload }: Binding): Fields {
  const { owner: _owner, ...template }: Fields = plainFields(workloadTree) ?? workload;
  return template;
}

/** The APIs; undefined where a claim of this kind has none. */
export function apisText({ claimKind, apisTree }: Binding): Fields | undefined {
  return claimKind === "Service" ? (plainFields(apisTree) ?? {}) : undefined;
}

function plainFields(tree: Traced | undefined): Fields | undefined {
  return tree?.kind === "map" ? (toPlain(tree) as Fields) : undefined; // a map's plain form has its keys
}

/** Where a new Binding is written. Names are DNS labels, so no part climbs out of its folder. */
export function madeBindingPath({ organization, project, component, environment }: BindingKey): string {
  return `${organization}/${project}/${component}/bindings/${environment}.yaml`;
}

/** The text of a new Binding's document. */
export function madeBinding(binding: Binding, classHash: string): string {
  const { organization, project, component, environment, className, claimKind } = binding;
  const apis = apisText(binding);
  const document = {
    apiVersion,
    kind: claims[claimKind].bindingKind,
    metadata: {
      name: bindingName(component, environment),
      ...(organization === defaultOrganization ? {} : { namespace: organization }),
      annotations: { [autoDeployMark.key]: autoDeployMark.value },
    },
    spec: {
      owner: { projectName: project, componentName: component },
      environment,
      className,
      classHash,
      workloadSpec: workloadText(binding),
      ...(apis === undefined || Object.keys(apis).length === 0 ? {} : { apis }),
    },
  };
  const comment = `# Made by auto-deploy of the Workload and the ${claimKind} of ${component}, and kept like them. releaseState is yours to set.`;
  return `${[comment, ...blockLines(document, usualStyle)].join("\n")}\n`;
}
