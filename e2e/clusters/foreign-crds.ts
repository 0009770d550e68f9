/**
 * The CustomResourceDefinitions of others that our objects need, from the modules that e2e/crds pins, in the user's cache: the
 * Gateway API's standard channel, and of the others only those that are rendered or read, because an API server keeps a schema
 * of hundreds of kilobytes in memory several times over.
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
  /** What stands before a resource in the names of files there. */
  readonly prefix: string;
  /** The definitions wanted of it; undefined for all. */
  readonly resources?: readonly string[];
};

const sources: readonly CrdSource[] = [
  {
    group: "gateway.networking.k8s.io",
    module: "sigs.k8s.io/gateway-api",
    path: "config/crd/standard",
    prefix: "gateway.networking.k8s.io_",
  },
  {
    group: "gateway.envoyproxy.io",
    module: "github.com/envoyproxy/gateway",
    path: "charts/gateway-helm/charts/crds/crds/generated",
    prefix: "gateway.envoyproxy.io_",
    resources: ["backendtrafficpolicies", "clienttrafficpolicies", "envoyproxies", "securitypolicies"],
  },
  {
    group: "external-secrets.io",
    module: "github.com/external-secrets/external-secrets",
    path: "config/crds/bases",
    prefix: "external-secrets.io_",
    resources: ["externalsecrets"],
  },
  {
    group: "cilium.io",
    module: "github.com/cilium/cilium",
    path: "pkg/k8s/apis/cilium.io/client/crds/v2",
    prefix: "",
    resources: ["ciliumnetworkpolicies", "ciliumnodes"],
  },
  {
    group: "cert-manager.io",
    module: "github.com/cert-manager/cert-manager",
    path: "deploy/crds",
    prefix: "cert-manager.io_",
    resources: ["certificates"],
  },
];

export const foreignGroups: readonly string[] = sources.map(({ group }) => group);

/** Where they are, or will be once fetched. */
export async function foreignCrdsPath(environment: NodeJS.ProcessEnv): Promise<string> {
  const pins = ["go.mod", "go.sum"].map((name) => join(crdsModuleFolder, name));
  return cachePath("foreign-crds", await hashSources(pins, [JSON.stringify(sources)]), environment);
}

/** A folder of YAML files, one definition each, named `<group>_<resource>.yaml`. Throws `go-missing` or `modules-unreachable`. */
export async function fetchForeignCrds(go: GoCommand): Promise<string> {
  const path = await foreignCrdsPath(go.environment);
  const fill = async (folder: string) => {
    for (const source of sources) await copyDefinitions(source, folder, go);
  };
  return await ensureCachedFolder({ path, fill });
}

/** The one file of the Gateway API that is no definition, a policy against downgrades, stays out: it guards long-lived clusters. */
async function copyDefinitions(source: CrdSource, target: string, go: GoCommand): Promise<void> {
  const { group, module, path, prefix, resources } = source;
  const folder = join(await downloadModule({ ...go, folder: crdsModuleFolder }, module), path);
  const names = resources?.map((resource) => `${prefix}${resource}.yaml`) ?? (await readdir(folder));
  for (const name of names.filter((name) => name.startsWith(prefix) && !name.includes("_vap_"))) {
    await writeFile(join(target, `${group}_${name.slice(prefix.length)}`), await readFile(join(folder, name)));
  }
}
