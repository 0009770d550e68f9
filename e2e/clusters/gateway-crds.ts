/** The CustomResourceDefinitions of the Gateway API's standard channel, from the module that e2e/crds pins, in the user's cache. */

import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { cachePath, ensureCachedFolder, hashSources } from "./cached-folder.ts";
import { downloadModule, modulesFolder, type GoCommand } from "./go.ts";

const crdsModuleFolder = join(modulesFolder, "crds");
const gatewayApiModule = "sigs.k8s.io/gateway-api";
const crdsPath = "config/crd/standard";

/** Where they are, or will be once fetched. */
export async function gatewayCrdsPath(environment: NodeJS.ProcessEnv): Promise<string> {
  const sources = ["go.mod", "go.sum"].map((name) => join(crdsModuleFolder, name));
  return cachePath("gateway-crds", await hashSources(sources, [gatewayApiModule, crdsPath]), environment);
}

/** A folder of YAML files, one definition each. Throws `go-missing` or `modules-unreachable`. */
export async function fetchGatewayCrds(go: GoCommand): Promise<string> {
  const path = await gatewayCrdsPath(go.environment);
  return await ensureCachedFolder({ path, fill: async (folder) => await copyDefinitions(folder, go) });
}

/** The one file that is no definition, a policy against downgrades, stays out: it guards long-lived clusters. */
async function copyDefinitions(folder: string, go: GoCommand): Promise<void> {
  const source = join(await downloadModule({ ...go, folder: crdsModuleFolder }, gatewayApiModule), crdsPath);
  const names = (await readdir(source)).filter((name) => name.startsWith("gateway.networking.k8s.io_"));
  for (const name of names.filter((name) => !name.includes("_vap_"))) {
    await writeFile(join(folder, name), await readFile(join(source, name)));
  }
}
