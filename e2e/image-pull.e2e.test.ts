/**
 * What images are pulled with, from a SecretReference to the pod that names it: rendered, taken by a real API server with the
 * definitions of External Secrets, and made into a Secret by what plays its controller, which cannot run here.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PlaneId } from "../schemas/layout.ts";
import { cellNamespace } from "../schemas/names.ts";
import { KubernetesObject } from "../schemas/object-id.ts";
import type { Receipt } from "../schemas/receipt.ts";
import { Release } from "../schemas/release.ts";
import { runControl } from "./platform/control-plane.ts";
import { componentFile, componentPath, smallPlatform } from "./platform/small-specs.ts";
import {
  openTestPlatform,
  readStateFile,
  sharedKubeconfig,
  type TestPlatform,
  waitForReceipt,
  waitForStateCommit,
  waitUntilApplied,
} from "./platform/test-platform.ts";
import { reportSync, storedSecrets } from "./stand-ins/external-secrets.ts";
import { played } from "./stand-ins/played.ts";

const organization = "pullers";
const plane: PlaneId = { kind: "data", organization, name: "main" };
const namespace = cellNamespace({ organization, project: "shop", environment: "development" });
const path = "releases/shop/development/api.yaml";
const external = `/apis/external-secrets.io/v1/namespaces/${namespace}/externalsecrets/api.registry`;
const id = `external-secrets.io/ExternalSecret/${namespace}/api.registry`;

/** As `docker login` writes it. */
const login = JSON.stringify({ auths: { "registry.example.test": { auth: "cHVsbGVyOmh1bnRlcjI=" } } });
const registry = `apiVersion: openchoreo.dev/v1alpha1
kind: SecretReference
metadata: {name: registry, namespace: ${organization}}
spec:
  data: [{secretKey: .dockerconfigjson, remoteRef: {key: platform/registry}}]
`;

describe.skipIf(sharedKubeconfig === undefined)("what a plane pulls images with", played("External Secrets"), () => {
  let platform: TestPlatform;
  let revision: string;

  beforeAll(async () => {
    platform = await openTestPlatform();
    for (const [file, text] of smallPlatform(organization)) await platform.specs.write(file, text);
    const text = await platform.specs.read("platform/plane.yaml");
    const named = "spec:\n  secretStoreRef: {name: vault}\n  imagePullSecretRefs: [registry]\n";
    await platform.specs.write("platform/plane.yaml", text.replace("spec:\n", named));
    await platform.specs.write("platform/registry.yaml", registry);
    const api = componentFile(organization, { name: "api", image: "registry.example.test/api:1" });
    await platform.specs.write(componentPath("api"), api);
    revision = await platform.specs.commit("Pull from a registry of our own");
    await platform.specs.push();
    await platform.startAgent(plane);
  });
  afterAll(async () => platform[Symbol.asyncDispose]());

  async function toldOf(is: (object: Receipt["objects"][number]) => boolean): Promise<Receipt> {
    return waitForReceipt(platform, plane, {
      path,
      is: ({ objects }) => objects.some((object) => object.id === id && is(object)),
    });
  }

  test("is named by the pods, whose Secret is made of the entry in the store", async () => {
    const { oid } = await waitForStateCommit(platform, plane, revision);
    const { spec } = Release.parse(await readStateFile(platform, plane, { at: oid, path }));
    await waitUntilApplied(platform, plane);
    for (const { object } of spec.resources)
      await platform.cluster.apply(object, { isStrictDryRun: true, force: true });

    const live = KubernetesObject.parse(await platform.cluster.get(external));
    const [secret, ...others] = storedSecrets([live], { "platform/registry": login });
    expect(others).toEqual([]);
    if (secret === undefined) throw new Error("nothing makes a Secret");
    await platform.cluster.apply(secret);
    const made = `/api/v1/namespaces/${namespace}/secrets/${secret.metadata.name}`;
    expect(await platform.cluster.get(made)).toMatchObject({
      type: "kubernetes.io/dockerconfigjson",
      data: { ".dockerconfigjson": Buffer.from(login).toString("base64") },
    });
    expect(await platform.cluster.get(`/api/v1/namespaces/${namespace}/pods`)).toMatchObject({
      items: [{ spec: { imagePullSecrets: [{ name: secret.metadata.name }] } }],
    });
  });

  test("is told when the store has no such entry, and when it has", async () => {
    const failure = { reason: "SecretSyncedError", message: "could not get secret data from provider" };
    await reportSync(platform.cluster, external, { status: "False", ...failure });
    const { health } = await toldOf((object) => object.health === "Degraded");
    expect(health).toBe("Degraded");
    const signal = AbortSignal.timeout(30_000);
    const table = await runControl(platform.control, ["get", "releases"], signal);
    expect(table).toMatchObject({
      stdout: expect.stringMatching(/ExternalSecret\/\S*api\.registry: .*could not get secret data/) as string,
    });
    const success = { reason: "SecretSynced", message: "secret synced" };
    await reportSync(platform.cluster, external, { status: "True", ...success });
    await toldOf((object) => object.health === "Healthy");
    await waitUntilApplied(platform, plane);
  });
});
