/**
 * A resolved Binding to its Release, and a project in an environment to its Cell. Pure: a function of the specs alone, no
 * clock, no locale, no network. All or nothing: what cannot be rendered completely is Problems and no Release.
 */
import { objectKey } from "../../schemas/object-id.ts";
import { compareApplyOrder } from "../../schemas/apply-order.ts";
import { ownerLabels } from "../../schemas/labels.ts";
import { gatewaysPlace, guestGatewaysPlace, type PlaneId, statePath, type StatePath } from "../../schemas/layout.ts";
import { apiVersion } from "../../schemas/metadata.ts";
import type { Problem } from "../../schemas/problem.ts";
import { Release } from "../../schemas/release.ts";
import { writeStateYaml } from "../../schemas/state-yaml.ts";
import { checkLists } from "../validate/check-class.ts";
import { checkHealthRules } from "../validate/check-health-rules.ts";
import type { Claimed } from "./claimed.ts";
import { checkBounds } from "./check-bounds.ts";
import { withHealthRules } from "./health-annotation.ts";
import { checkMeasured } from "./check-measured.ts";
import { checkWorkloadLimits } from "./check-override-limits.ts";
import { checkOverrides, withoutOverrides } from "./check-overrides.ts";
import { checkTargetPorts } from "./check-port-names.ts";
import { checkService } from "./check-service.ts";
import { checkServicePorts } from "./check-service-ports.ts";
import { renderFiles } from "./files.ts";
import { type Destination, destinationOf, type Manifest } from "./manifest.ts";
import { renderBoundaries } from "./render-boundaries.ts";
import { renderCellObjects } from "./render-cell.ts";
import { type GatewayInputs, renderGuestCertificates } from "./render-certificates.ts";
import { renderCronJob } from "./render-cron-job.ts";
import { renderDeployment } from "./render-deployment.ts";
import { claimedBy, renderRoutes } from "./render-routes.ts";
import { renderGateways } from "./render-gateways.ts";
import { withReplacement } from "./replace-annotation.ts";
import { autoscalerSpec, isAutoscaled, renderScaling } from "./render-scaling.ts";
import { renderSecrets } from "./render-secrets.ts";
import { renderService } from "./render-service.ts";
import type { Cell } from "../resolve/cell.ts";
import { renderClaims } from "./volumes.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { at } from "../load/traced.ts";

/** Version of the rendering rules: +1 with every change that gives another tree for the same specs. */
export const rendererVersion = 5;

export type ReleasePlace = {
  readonly plane: PlaneId;
  readonly path: string;
  /** What its routes answer. */
  readonly claimed: readonly Claimed[];
};

export type RenderedRelease = ReleasePlace & {
  readonly release: Release;
  readonly manifests: readonly Manifest[];
  /** The Release's file; written when first asked for, and once. */
  readonly text: () => string;
};

export type Rendering = { readonly rendered: RenderedRelease | undefined; readonly problems: readonly Problem[] };

export function render(given: Resolved): Rendering {
  const refused = checkOverrides(given);
  const resolved = refused.length === 0 ? given : withoutOverrides(given);
  const { binding } = resolved;
  const destination = destinationOfRelease(resolved);
  const { claimed, ...parts } =
    binding.claimKind === "ScheduledTask" ? renderTask(resolved, destination) : renderServed(resolved, destination);
  const rules = at(resolved.classTree, "health");
  const needed = [renderSecrets, renderFiles, renderClaims].flatMap((part) => part(resolved, destination));
  const ofClass = withHealthRules([...parts.manifests, ...needed], rules);
  const manifests = [
    ...withReplacement(ofClass, at(resolved.classTree, "immutableChanges")),
    ...renderBoundaries(resolved, destination),
  ];
  const problems = [
    ...refused,
    ...checkWorkloadLimits(given),
    ...parts.problems,
    ...checkHealthRules(rules, binding.classPlace.file),
    ...checkBounds(manifests, binding.place),
  ];
  if (problems.some(({ severity }) => severity === "error")) return { rendered: undefined, problems };
  const rendered = { ...assemble(destination, `${binding.component}-${binding.environment}`, manifests), claimed };
  const sizeBytes = Buffer.byteLength(JSON.stringify(rendered.release));
  return sizeBytes > releaseSizeBytes
    ? { rendered: undefined, problems: [tooLarge(resolved, sizeBytes)] }
    : { rendered, problems };
}

/** Where the Release of something that can be rendered goes, without rendering it. */
export function placeRelease(resolved: Resolved): ReleasePlace {
  const { plane, path } = destinationOfRelease(resolved);
  return { plane, path, claimed: resolved.binding.claimKind === "ScheduledTask" ? [] : claimedBy(resolved) };
}

function destinationOfRelease({ binding, plane }: Resolved): Destination {
  const { project, environment, component } = binding;
  return destinationOf(plane, { kind: "release", project, environment, component });
}

type Parts = {
  readonly manifests: readonly Manifest[];
  readonly claimed: readonly Claimed[];
  readonly problems: readonly Problem[];
};

function renderTask(resolved: Resolved, destination: Destination): Parts {
  const { manifest, problems } = renderCronJob(resolved, destination);
  return { manifests: manifest === undefined ? [] : [manifest], claimed: [], problems };
}

function renderServed(resolved: Resolved, destination: Destination): Parts {
  const deployment = renderDeployment(resolved, destination);
  const service = renderService(resolved, destination);
  const scaling = renderScaling(resolved, destination);
  const routes = renderRoutes(resolved, destination);
  const classFile = resolved.binding.classPlace.file;
  const servicePorts = at(service?.tree, "spec", "ports");
  const podSpec = at(deployment.manifest?.tree, "spec", "template", "spec");
  const autoscaler = isAutoscaled(resolved) ? autoscalerSpec(resolved) : undefined;
  return {
    manifests: [deployment.manifest, service, ...scaling.manifests, ...routes.manifests].filter(
      (manifest) => manifest !== undefined,
    ),
    claimed: routes.claimed,
    problems: [
      ...deployment.problems,
      ...checkLists(at(resolved.classTree, "serviceTemplate"), { type: "ServiceSpec" }, classFile),
      ...checkService(at(resolved.classTree, "serviceTemplate"), classFile),
      ...checkServicePorts(servicePorts, classFile),
      ...(podSpec === undefined ? [] : checkTargetPorts(servicePorts, { podSpec, file: classFile })),
      ...scaling.problems,
      ...(podSpec === undefined || autoscaler === undefined
        ? []
        : checkMeasured(autoscaler, { podSpec, cell: resolved.cell, file: classFile })),
      ...routes.problems,
    ],
  };
}

/** As JSON. Well below what the API server takes as one object (1.5 MiB) and what readers take as a file. */
const releaseSizeBytes = 1024 * 1024;

function tooLarge({ binding }: Resolved, sizeBytes: number): Problem {
  return {
    code: "release-too-large",
    severity: "error",
    message: `the Release of ${binding.component} in ${binding.environment} has ${sizeBytes} bytes, the limit is ${releaseSizeBytes}`,
    place: binding.place,
    remedy: "shorten its variables and templates",
  };
}

/** The Cell's own Release: the namespace that its components live in, unless it was there before, and what bounds it. */
export function renderCell(cell: Cell): RenderedRelease {
  const { plane, project, environment } = cell;
  const destination = destinationOf(plane, { kind: "cell", project, environment });
  return { ...assemble(destination, `${project}-${environment}`, renderCellObjects(cell, destination)), claimed: [] };
}

function assemble(
  { owner, plane, path }: Destination,
  name: string,
  unordered: readonly Manifest[],
): Omit<RenderedRelease, "claimed"> {
  const manifests = unordered.toSorted((a, b) => compareApplyOrder(objectKey(a.object), objectKey(b.object)));
  const release = Release.parse({
    apiVersion,
    kind: "Release",
    metadata: { name, namespace: owner.organization, labels: ownerLabels(owner) },
    spec: {
      owner: {
        ...(owner.project === undefined ? {} : { projectName: owner.project }),
        ...(owner.component === undefined ? {} : { componentName: owner.component }),
      },
      ...(owner.environment === undefined ? {} : { environmentName: owner.environment }),
      resources: manifests.map(({ id, object }) => ({ id, object })),
    },
  });
  return { plane, path, release, manifests, text: once(() => writeStateYaml(release)) };
}

function once(make: () => string): () => string {
  let made: string | undefined;
  return () => (made ??= make());
}

/** The gateways that a plane brings, with its own certificates; undefined where it brings none. */
export function renderPlaneGateways(plane: PlaneId, inputs: GatewayInputs): RenderedRelease | undefined {
  const destination = destinationOf(plane, gatewaysPlace);
  return assemblePart(destination, gatewaysPlace, renderGateways(inputs, destination));
}

/** What another organization has of them: its certificates; undefined where it has none. */
export function renderGuestGateways(
  plane: PlaneId,
  organization: string,
  inputs: GatewayInputs,
): RenderedRelease | undefined {
  const place = guestGatewaysPlace(organization);
  const destination = destinationOf(plane, place);
  return assemblePart(destination, place, renderGuestCertificates(inputs, organization, destination));
}

function assemblePart(
  destination: Destination,
  { name }: Extract<StatePath, { readonly kind: "platform" }>,
  manifests: readonly Manifest[],
): RenderedRelease | undefined {
  return manifests.length === 0 ? undefined : { ...assemble(destination, name, manifests), claimed: [] };
}

export function cellPath(cell: Pick<Cell, "project" | "environment">): string {
  return statePath({ kind: "cell", project: cell.project, environment: cell.environment });
}
