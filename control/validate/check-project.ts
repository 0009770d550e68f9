/** Projects: the pipeline that they name, and what they say of their cells. */
import { organizationOf, type ResourceOf } from "../../schemas/kinds.ts";
import type { SpecDocument } from "../load/parse.ts";
import { placeOfKey } from "../load/key-place.ts";
import { at } from "../load/traced.ts";
import { adoptedNamespace } from "../resolve/adopted-namespace.ts";
import { resolveCell, sharersOf } from "../resolve/cell.ts";
import { findForeigner, type Foreigner } from "../resolve/foreign-cell.ts";
import { planesOfEnvironment } from "../resolve/planes-of-environment.ts";
import { checkReference, type Finding } from "./finding.ts";
import type { Lookup } from "./lookup.ts";
import { fieldPlace } from "./specs-index.ts";

type ProjectDocument = SpecDocument<ResourceOf<"Project">>;

export function checkProject(document: ProjectDocument, index: Lookup): readonly Finding[] {
  const { resource } = document;
  const pipeline = checkReference(index, {
    kind: "DeploymentPipeline",
    parts: [organizationOf(resource), resource.spec.deploymentPipelineRef],
    code: "unknown-pipeline",
    path: ["spec", "deploymentPipelineRef"],
  });
  const cells = Object.keys(resource.spec.environments ?? {}).flatMap((name) => checkCell(document, name, index));
  return [...pipeline, ...cells];
}

function checkCell(document: ProjectDocument, environment: string, index: Lookup): readonly Finding[] {
  return [
    ...checkEnvironmentKey(document, ["spec", "environments", environment], index),
    ...checkShared(document, environment, index),
    ...checkForeign(document, environment, index),
    ...checkUnset(document, environment, index),
  ];
}

/** A map's key that names an Environment: a misspelt one would be about nothing, and say nothing. */
export function checkEnvironmentKey(
  document: SpecDocument,
  path: readonly string[],
  index: Lookup,
): readonly Finding[] {
  const parts = [organizationOf(document.resource), path.at(-1) ?? ""];
  const findings = checkReference(index, { kind: "Environment", parts, code: "unknown-environment", path });
  return findings.map((finding) => ({ ...finding, place: placeOfKey(document, path) }));
}

/** Policies and quotas of two cells in one namespace would be about each other's pods. */
function checkShared(document: ProjectDocument, environment: string, index: Lookup): readonly Finding[] {
  const [sharer] = sharersOf(document, environment, index);
  if (sharer === undefined) return [];
  const { project } = sharer;
  const other = `${project.resource.metadata.name} in ${sharer.environment}`;
  return [
    {
      code: "namespace-conflict",
      message: `the cell of ${other} is in namespace ${adoptedNamespace(document, environment) ?? ""} of the same plane`,
      remedy: "give each cell a namespace of its own; until then nothing of these cells is deployed anew",
      path: namespacePath(environment),
      related: [
        {
          place: fieldPlace(project, ...namespacePath(sharer.environment)),
          message: `the cell of ${other} is said here`,
        },
      ],
    },
  ];
}

/** Nobody's specs render into another organization. */
function checkForeign(document: ProjectDocument, environment: string, index: Lookup): readonly Finding[] {
  const foreigner = findForeigner(document, environment, index);
  if (foreigner === undefined) return [];
  const namespace = adoptedNamespace(document, environment) ?? "";
  return [
    {
      code: "namespace-conflict",
      ...describeForeigner(foreigner, namespace, organizationOf(document.resource)),
      path: namespacePath(environment),
    },
  ];
}

function describeForeigner(
  foreigner: Foreigner,
  namespace: string,
  own: string,
): Pick<Finding, "severity" | "message" | "remedy"> {
  const remedy = "adopt one that is this organization's; until then nothing of the cell is deployed anew";
  const adoptedBy = (other: string): string => `namespace ${namespace} is adopted by organization ${other} too`;
  switch (foreigner.has) {
    case "cell-name":
      return { message: `namespace ${namespace} is called as cells are, and is none of organization ${own}`, remedy };
    case "cell":
      return { message: `namespace ${namespace} is a cell of organization ${foreigner.organization}`, remedy };
    case "first": {
      const adopted = adoptedBy(foreigner.organization);
      return { message: `${adopted}, which comes before ${own} at the gateways that they share`, remedy };
    }
    case "unordered":
      return {
        severity: "warning",
        message: `${adoptedBy(foreigner.organization)}, and nothing says whether their clusters are one`,
        remedy: "adopt one that is this organization's, unless their clusters are apart",
      };
  }
}

/** What a DataPlane, an Environment or the Project says of every Namespace does not reach one that is not ours. */
function checkUnset(document: ProjectDocument, environment: string, index: Lookup): readonly Finding[] {
  if (adoptedNamespace(document, environment) === undefined) return [];
  const { organization, project } = {
    organization: organizationOf(document.resource),
    project: document.resource.metadata.name,
  };
  const cells = planesOfEnvironment({ organization, environment }, index).flatMap(
    (plane) => resolveCell({ organization, project, environment }, plane, index) ?? [],
  );
  const unset = ["podSecurity", "labels", "annotations"].filter((field) =>
    cells.some(({ settings }) => at(settings, field) !== undefined),
  );
  const [cell] = cells;
  if (cell === undefined || unset.length === 0) return [];
  return [
    {
      code: "unsupported-policy",
      severity: "warning",
      message: `the namespace ${cell.namespace} is not made here, so ${unset.join(" and ")} of the cell ${unset.length === 1 && unset[0] === "podSecurity" ? "is" : "are"} not set on it`,
      remedy: "set them on the namespace by hand, or let the cell have a namespace of its own",
      path: namespacePath(environment),
    },
  ];
}

function namespacePath(environment: string): readonly string[] {
  return ["spec", "environments", environment, "namespace"];
}
