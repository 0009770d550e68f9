/** What a data plane says of its gateways: whose they are, that each listener has a port of its own, and that HTTPS has hosts. */
import { organizationOf } from "../../schemas/kinds.ts";
import type { GatewaySettings, ManagedGateways } from "../../schemas/managed-gateways.ts";
import { certifiedGateways } from "../resolve/certified-gateways.ts";
import { type DataPlaneDocument, sharedOwner } from "../resolve/gateways.ts";
import { unknownHosts } from "../resolve/unknown-hosts.ts";
import { checkEntities } from "./check-entities.ts";
import { checkGuestDomains } from "./check-names.ts";
import type { Finding } from "./finding.ts";
import { checkListeners, checkPodPorts } from "./check-listeners.ts";
import { checkManagers } from "./check-managers.ts";
import type { Lookup } from "./lookup.ts";
import { fieldPlace } from "./specs-index.ts";

export function checkGateways(document: DataPlaneDocument, index: Lookup): readonly Finding[] {
  const { manage, sharedFrom } = document.resource.spec.gateway ?? {};
  return [
    ...(manage === undefined ? [] : checkManaged(manage)),
    ...checkHosts(document, index),
    ...(manage !== undefined && sharedFrom !== undefined ? [both] : []),
    ...checkShared(document, index),
    ...checkGuestDomains(document),
    ...checkSources(document),
    ...checkOwners(document),
    ...checkManagers(document, index),
  ];
}

function checkManaged(manage: ManagedGateways): readonly Finding[] {
  const isEnvoys = isEnvoyGateway(manage);
  const perGateway = (["external", "internal"] as const).flatMap((field): readonly Finding[] => {
    const settings = manage[field];
    const path = ["spec", "gateway", "manage", field];
    if (settings === undefined) return [];
    return [
      ...checkListeners(settings, path),
      ...(isEnvoys ? checkPodPorts(settings, path) : []),
      ...(settings.https === undefined ? [] : checkHttps(settings.https, [...path, "https"])),
    ];
  });
  return [...perGateway, ...(isEnvoys ? [] : checkServices(manage))];
}

/** Whether the controller knows the kinds of Envoy Gateway, and so what they say. */
export function isEnvoyGateway({ controllerName }: ManagedGateways): boolean {
  return controllerName.startsWith("gateway.envoyproxy.io/");
}

/** What a word of Cilium's comes to without it is nobody, and pods of gateways are known by what Envoy Gateway gives them. */
function checkSources({ resource: { spec } }: DataPlaneDocument): readonly Finding[] {
  const { manage, sources } = spec.gateway ?? {};
  return (["external", "internal"] as const).flatMap((field): readonly Finding[] => {
    const said = sources?.[field];
    if (said !== undefined) return checkEntities(said, ["spec", "gateway", "sources", field], spec.networkPolicy);
    if (manage?.[field] === undefined || isEnvoyGateway(manage)) return [];
    return [
      {
        code: "unsupported-policy",
        severity: "warning",
        message: `cells let in what comes from the pods that Envoy Gateway makes, and the controller is ${manage.controllerName}`,
        remedy: `say in spec.gateway.sources.${field} where what its gateway passes on comes from`,
        path: ["spec", "gateway", "manage", "controllerName"],
      },
    ];
  });
}

/** Said of gateways that are another plane's, it would hold for nothing. */
function checkOwners({ resource }: DataPlaneDocument): readonly Finding[] {
  const { sharedFrom, ...gateway } = resource.spec.gateway ?? {};
  if (sharedFrom === undefined) return [];
  return (["rateLimitService", "sources"] as const)
    .filter((field) => gateway[field] !== undefined)
    .map((field) => ({
      code: "unused-field",
      severity: "warning",
      message: `${field} is said by the plane that brings the gateways, which is not this one`,
      remedy: `remove it, or have it said in DataPlane ${sharedFrom.name} of organization ${sharedFrom.organization}`,
      path: ["spec", "gateway", field],
    }));
}

function checkServices({ controllerName, ...sides }: ManagedGateways): readonly Finding[] {
  return (["external", "internal"] as const).flatMap((field) =>
    sides[field]?.service === undefined
      ? []
      : [
          {
            code: "unsupported-policy",
            message: `how a gateway is reached is said to Envoy Gateway, and the controller is ${controllerName}`,
            remedy: "remove it, and say it to that controller",
            path: ["spec", "gateway", "manage", field, "service"],
          },
        ],
  );
}

const both: Finding = {
  code: "schema",
  message: "the plane brings gateways of its own and uses another's",
  remedy: "keep manage or sharedFrom",
  path: ["spec", "gateway", "sharedFrom"],
};

function checkHttps(https: NonNullable<GatewaySettings["https"]>, path: Finding["path"]): readonly Finding[] {
  const { certificates, issuer, minTLSVersion, maxTLSVersion } = https;
  const isOne = (certificates === undefined) !== (issuer === undefined);
  const source: Finding = {
    code: "schema",
    message: "HTTPS needs certificates by name, or an issuer to ask for them, and not both",
    remedy: "keep certificates or issuer",
    path,
  };
  const versions: Finding = {
    code: "schema",
    message: `TLS from ${minTLSVersion} to ${maxTLSVersion} is none`,
    remedy: "raise maxTLSVersion, or lower minTLSVersion",
    path: [...path, "maxTLSVersion"],
  };
  return [...(isOne ? [] : [source]), ...(minTLSVersion > maxTLSVersion ? [versions] : [])];
}

/** A warning: hosts come with the first Environment, and what else the gateway listens to goes ahead. */
function checkHosts(document: DataPlaneDocument, index: Lookup): readonly Finding[] {
  if (unknownHosts(document, index) !== undefined) return [];
  return certifiedGateways(document, index)
    .filter(({ own, guests }) => own.length + guests.length === 0)
    .map(({ side: { field, gateway, virtualHost } }) => ({
      code: "missing-virtual-host",
      severity: "warning",
      message: `HTTPS of ${gateway} has an issuer and no host to ask a certificate for, so nothing makes the Secret that its listener waits for`,
      remedy: `give the plane a ${virtualHost} and an Environment, or the gateway domains; or name certificates that are there`,
      path: ["spec", "gateway", "manage", field, "https", "issuer"],
    }));
}

/** The owner says who may use its gateways: nobody's specs reach into another organization by their own word. */
function checkShared(document: DataPlaneDocument, index: Lookup): readonly Finding[] {
  const { sharedFrom } = document.resource.spec.gateway ?? {};
  if (sharedFrom === undefined) return [];
  const path = ["spec", "gateway", "sharedFrom"];
  const { organization, name } = sharedFrom;
  const owner = index.find("DataPlane", organization, name);
  if (owner === undefined && index.spoils.couldBe(organization, "DataPlane", name)) return [];
  if (sharedOwner(document, index) !== undefined) return [];
  const own = organizationOf(document.resource);
  const message = `no DataPlane ${name} of organization ${organization} shares its gateways with ${own}`;
  const remedy = "mend the name, or have that plane's owners name this organization in spec.gateway.manage.sharedWith";
  if (owner?.resource.spec.gateway?.manage === undefined) return [{ code: "unknown-plane", message, remedy, path }];
  const related = [{ place: fieldPlace(owner, "spec", "gateway", "manage"), message: "its gateways stand here" }];
  return [{ code: "unknown-plane", message, remedy, path, related }];
}
