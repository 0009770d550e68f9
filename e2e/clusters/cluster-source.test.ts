import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

import { kubeProgramsPath } from "./build.ts";
import { findClusterSource } from "./cluster-source.ts";
import { foreignCrdsPath } from "./foreign-crds.ts";

const { signal } = new AbortController();
const goIsThere = { go: 'echo "go1.26.8"' };
const goIsOld = { go: 'echo "go1.22.1"' };
const dockerAnswers = { docker: "exit 0" };
const dockerIsDown = { docker: "exit 1" };
const kindIsThere = { kind: "exit 0" };

let folder: string;
let environment: NodeJS.ProcessEnv;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gitplane-source-"));
  environment = { PATH: join(folder, "bin"), XDG_CACHE_HOME: join(folder, "cache") };
  await mkdir(join(folder, "bin"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test.each([
  ["Go builds", goIsThere, { kind: "built", isBuilt: false }],
  ["Go is preferred to kind", { ...goIsThere, ...dockerAnswers, ...kindIsThere }, { kind: "built", isBuilt: false }],
  ["kind where there is no Go", { ...dockerAnswers, ...kindIsThere }, { kind: "kind" }],
  ["kind where Go is old", { ...goIsOld, ...dockerAnswers, ...kindIsThere }, { kind: "kind" }],
])("%s", async (_, programs, source) => {
  await install(programs);
  expect(await findClusterSource({ kubeconfigs: [], signal, environment })).toMatchObject(source);
});

test.each([
  ["nothing", {}, "there is no Go, and there is no Docker"],
  [
    "an old Go and a Docker client alone",
    { ...goIsOld, ...dockerIsDown, ...kindIsThere },
    "Go is too old (go1.22.1), and no Docker daemon answers",
  ],
  ["Docker without kind", dockerAnswers, "there is no Go, and Docker answers but there is no kind"],
])("%s is no source, and the reason says what to install", async (_, programs, lacks) => {
  await install(programs);
  const install_ = "Install Go 1.26 or newer, or Docker and kind, or give kubeconfigs of clusters that may be changed";
  expect(await findClusterSource({ kubeconfigs: [], signal, environment })).toEqual({
    kind: "none",
    reason: `no clusters can be had here: ${lacks}. ${install_}`,
  });
});

test("what is built already needs no Go", async () => {
  await mkdir(await kubeProgramsPath(environment), { recursive: true });
  await mkdir(await foreignCrdsPath(environment), { recursive: true });
  const source = await findClusterSource({ kubeconfigs: [], signal, environment });
  expect(source).toMatchObject({ kind: "built", isBuilt: true });
});

test("kubeconfigs come before everything", async () => {
  await install(goIsThere);
  const source = await findClusterSource({ kubeconfigs: ["/a", "/b"], signal, environment });
  expect(source).toMatchObject({ kind: "kubeconfigs", kubeconfigPaths: ["/a", "/b"] });
});

async function install(programs: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, script] of Object.entries(programs)) {
    const path = join(folder, "bin", name);
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
  }
}
