/**
 * That no domain of a Binding is a host that the engine gives. At the host of an environment every API answers at a path, and
 * below it web applications and the like at names, all of them by right: a domain there could take a longer path of another
 * team's, or by the same one stop both. So it is the Binding with the domain that is refused, whoever brings the gateways, and
 * both virtual hosts of all planes count, because what points DNS at routes knows nothing of planes and sides. Other
 * organizations' hosts are held against a domain where the gateways are shared.
 */
import { compareText } from "../../schemas/compare.ts";
import { dataPlanesOf } from "../../schemas/environment.ts";
import { apiHost } from "../../schemas/names.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { Binding } from "../deploy/binding.ts";
import { isOf } from "../load/is-of.ts";
import { at, itemsOf, scalarOf, type Traced } from "../load/traced.ts";
import { placeOr } from "../load/tree-reader.ts";
import { relatedTo } from "../problems/related.ts";
import { gatewaySides } from "../render/gateway-sides.ts";
import { type EnvironmentDocument, labelPath } from "../validate/check-names.ts";
import type { Lookup } from "../validate/lookup.ts";
import { fieldPlace } from "../validate/specs-index.ts";
import { labelOf, type Side, virtualHostOf } from "./certified-gateways.ts";
import type { DataPlaneDocument } from "./gateways.ts";

export function checkEngineHosts(binding: Binding, index: Lookup): readonly Problem[] {
  const domains = Object.keys(binding.domains).flatMap((endpoint) => itemsOf(at(binding.domainsTree, endpoint)));
  if (domains.length === 0) return [];
  const given = givenHosts(binding.organization, index);
  return domains.flatMap((domain) => {
    const name = String(scalarOf(domain));
    const found = given.find(({ host }) => name === host || name.endsWith(`.${host}`));
    return found === undefined ? [] : [hostProblem(binding, domain, found)];
  });
}

/** Of an environment on one of its planes. */
type GivenHost = {
  readonly host: string;
  readonly environment: EnvironmentDocument;
  readonly plane: DataPlaneDocument;
  readonly side: Side;
};

/** In order of host, plane and environment. */
function givenHosts(organization: string, index: Lookup): readonly GivenHost[] {
  return index
    .besides("Environment", organization, "")
    .filter((document) => isOf(document, ["Environment"]))
    .flatMap((environment) => dataPlanesOf(environment.resource.spec).map((name) => ({ environment, name })))
    .flatMap(({ environment, name }) => {
      const plane = index.find("DataPlane", organization, name);
      return plane === undefined ? [] : hostsOn(plane, environment);
    })
    .toSorted((a, b) => compareText(sortKey(a), sortKey(b)));
}

function hostsOn(plane: DataPlaneDocument, environment: EnvironmentDocument): readonly GivenHost[] {
  return Object.values(gatewaySides).flatMap((side) => {
    const virtualHost = virtualHostOf(plane, side);
    if (virtualHost === undefined) return [];
    return [{ host: apiHost({ label: labelOf(environment.resource), virtualHost }), environment, plane, side }];
  });
}

function sortKey({ host, plane, environment }: GivenHost): string {
  return [host, plane.resource.metadata.name, environment.resource.metadata.name].join(" ");
}

function hostProblem(binding: Binding, domain: Traced, { host, environment, plane, side }: GivenHost): Problem {
  const name = String(scalarOf(domain));
  const where = `Environment ${environment.resource.metadata.name} on DataPlane ${plane.resource.metadata.name}`;
  return {
    code: "host-conflict",
    severity: "error",
    message: `${name}, which is to be a domain of ${binding.component} in ${binding.environment}, is at or below ${host}, the host of ${where}`,
    place: placeOr(domain, binding.place),
    remedy: "give it a domain that is no environment's host and not below one",
    ...relatedTo([
      { place: fieldPlace(environment, ...labelPath(environment)), message: "the label of that host stands here" },
      { place: fieldPlace(plane, "spec", "gateway", side.virtualHost), message: "its virtual host stands here" },
    ]),
  };
}
