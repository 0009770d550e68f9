/**
 * The CustomResourceDefinitions that routes, their policies and secrets need, from the modules that e2e/crds pins, in the
 * user's cache: the Gateway API's standard channel, and of Envoy Gateway's and External Secrets' only those that are
 * rendered, because an API server keeps a schema of hundreds of kilobytes in memory several times over.
 */

import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { cachePath, ensureCachedFolder, hashSources } from "./cached-folder.ts";
import { downloadModule, modulesFolder, type GoCommand } from "./go.ts";

const crdsModuleFolder = join(modulesFolder, "crds");

type CrdSource = {
  readonly group: string;
  readonly module: string;
  /** The folder of definitions in the module. */
  readonly path: string;
  /** The definitions wanted of it; undefined for all. */
  readonly resources?: readonly string[];
};

const sources: readonly CrdSource[] = [
  { group: "gateway.networking.k8s.io", module: "sigs.k8s.io/gateway-api", path: "config/crd/standard" },
  {
    group: "gateway.envoyproxy.io",
    module: "github.com/envoyproxy/gateway",
    path: "charts/gateway-helm/charts/crds/crds/generated",
    resources: ["backendtrafficpolicies", "clienttrafficpolicies", "securitypolicies"],
  },
  {
    group: "external-secrets.io",
    module: "github.com/external-secrets/external-secrets",
    path: "config/crds/bases",
    resources: ["externalsecrets"],
  },
];

export const gatewayGroups: readonly string[] = sources.map(({ group }) => group);

/** Where they are, or will be once fetched. */
export async function gatewayCrdsPath(environment: NodeJS.ProcessEnv): Promise<string> {
  const pins = ["go.mod", "go.sum"].map((name) => join(crdsModuleFolder, name));
  return cachePath("gateway-crds", await hashSources(pins, [JSON.stringify(sources)]), environment);
}

/** A folder of YAML files, one definition each, named `<group>_<resource>.yaml`. Throws `go-missing` or `modules-unreachable`. */
export async function fetchGatewayCrds(go: GoCommand): Promise<string> {
  const path = await gatewayCrdsPath(go.environment);
  const fill = async (folder: string) => {
    for (const source of sources) await copyDefinitions(source, folder, go);
  };
  return await ensureCachedFolder({ path, fill });
}

/** The one file of the Gateway API that is no definition, a policy against downgrades, stays out: it guards long-lived clusters. */
async function copyDefinitions(source: CrdSource, target: string, go: GoCommand): Promise<void> {
  const { group, module, path, resources } = source;
  const folder = join(await downloadModule({ ...go, folder: crdsModuleFolder }, module), path);
  const names = resources?.map((resource) => `${group}_${resource}.yaml`) ?? (await readdir(folder));
  for (const name of names.filter((name) => name.startsWith(`${group}_`) && !name.includes("_vap_"))) {
    await writeFile(join(target, name), await readFile(join(folder, name)));
  }
}
