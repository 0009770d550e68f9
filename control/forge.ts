/** Where the control plane's repositories are, opened once and kept, and who hears that a branch moved. */
import { openNativeRepository } from "../git/native/open.ts";
import type { Oid, Repository } from "../git/repository.ts";
import { type PlaneId, planeKey, planeRef } from "../schemas/layout.ts";
import type { Host, HostedAccess } from "./host/start-host.ts";

export type Forge = AsyncDisposable & {
  readonly specs: Repository;
  /** The repository that holds the plane's branch; made when it is not there yet. */
  readonly planeRepository: (plane: PlaneId) => Promise<Repository>;
  /** A hint to the plane's agent that its branch has moved. */
  readonly announce: (plane: PlaneId, revision: Oid) => void;
};

/** The part of the embedded Git host that counts here, be it in this process or in another. */
export type ForgeHost = Pick<Host, "announce"> & {
  readonly specs: Pick<HostedAccess, "path">;
  readonly ensurePlaneRepository: (plane: PlaneId) => Promise<Pick<HostedAccess, "path">>;
};

/** There may be hundreds of planes, and a commit reads a handful of folders. */
const planeCacheBytes = 2 * 1024 * 1024;

/** The embedded Git host's repositories, on its own disk. */
export async function openHostForge(host: ForgeHost): Promise<Forge> {
  const specs = await openNativeRepository({ path: host.specs.path });
  const planes = new Map<string, Promise<Repository>>();
  const open = async (plane: PlaneId): Promise<Repository> => {
    const { path } = await host.ensurePlaneRepository(plane);
    return openNativeRepository({ path, limits: { cacheBytes: planeCacheBytes } });
  };
  return {
    specs,
    planeRepository: (plane) => {
      const key = planeKey(plane);
      const opening = planes.get(key) ?? open(plane);
      planes.set(key, opening);
      opening.catch(() => planes.delete(key));
      return opening;
    },
    announce: (plane, revision) => host.announce(planeRef(plane), revision, { kind: "agent", plane }),
    [Symbol.asyncDispose]: async () => {
      const opened = [Promise.resolve(specs), ...planes.values()];
      for (const opening of opened) await (await opening.catch(() => undefined))?.[Symbol.asyncDispose]();
    },
  };
}
