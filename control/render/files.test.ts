/** Files of a Workload: where their texts go, how they are mounted, and that pods are replaced when they change. */
import { expect, test } from "vitest";
import { configHashAnnotation } from "../../schemas/labels.ts";
import { doc } from "../specs-fixture.contract.ts";
import { errorsOf, platformWith, podOf, renderService, serviceOf, stored } from "./rendered-service.contract.ts";

const withFiles = (...files: readonly string[]): readonly string[] =>
  serviceOf(`files:\n${files.map((one) => `  - ${one}\n`).join("")}`);
const group = (values: string): string =>
  doc("ConfigurationGroup", "mail", `  configurations: [{key: rules, values: [${values}]}]`);
const rules = "{key: rules.conf, mountPath: /etc/mail, valueFrom: {configurationGroupRef: {name: mail, key: rules}}}";
const certificate = "{key: ca.pem, mountPath: /etc/tls, valueFrom: {secretRef: {name: tls, key: ca}}}";
const tls = (remote = "shop/ca"): string =>
  doc("SecretReference", "tls", `  data: [{secretKey: ca, remoteRef: {key: ${remote}}}]`);

type Parts = { readonly data: unknown; readonly mounts: unknown; readonly volumes: unknown };

async function partsOf(platform: readonly string[], ...documents: readonly string[]): Promise<Parts> {
  const { errors, objects } = await renderService(platform, ...documents);
  expect(errors).toEqual([]);
  const configMap = objects.find(({ kind }) => kind === "ConfigMap") as { readonly data?: unknown } | undefined; // of the kind
  const { spec } = podOf(objects);
  return { data: configMap?.data, mounts: spec.containers[0]?.["volumeMounts"], volumes: spec["volumes"] };
}

async function hashOf(...documents: readonly string[]): Promise<string | undefined> {
  const { errors, objects } = await renderService(stored, ...documents);
  expect(errors).toEqual([]);
  return podOf(objects).metadata.annotations?.[configHashAnnotation];
}

test("texts go into one ConfigMap, secrets stay in their Secret, and each file is mounted alone", async () => {
  const note = '{key: note, mountPath: /, value: "a\\nb"}';
  const parts = await partsOf(
    stored,
    ...withFiles(note, rules, certificate),
    group("{environment: dev, value: x}"),
    tls(),
  );
  const keys = {
    note: expect.stringMatching(/^main\.[0-9a-f]{8}\.note$/),
    rules: expect.stringMatching(/\.rules\.conf$/),
  };
  const secret = expect.stringMatching(/^gitplane-secret-[0-9a-f]{10}$/);
  expect(Object.entries(parts.data ?? {})).toEqual(
    expect.arrayContaining([
      [keys.note, "a\nb"],
      [keys.rules, "x"],
    ]),
  );
  expect(parts.mounts).toEqual([
    { name: "gitplane-files", mountPath: "/note", subPath: keys.note, readOnly: true },
    { name: "gitplane-files", mountPath: "/etc/mail/rules.conf", subPath: keys.rules, readOnly: true },
    { name: secret, mountPath: "/etc/tls/ca.pem", subPath: "ca", readOnly: true },
  ]);
  expect(parts.volumes).toEqual([
    { name: "gitplane-files", configMap: { name: "cart.files" } },
    { name: secret, secret: { secretName: "cart.tls" } },
  ]);
});

test("two files of one name in two folders are two", async () => {
  const { data } = await partsOf(
    stored,
    ...withFiles("{key: a, mountPath: /x, value: in x}", "{key: a, mountPath: /y, value: in y}"),
  );
  expect(new Set(Object.values(data ?? {}))).toEqual(new Set(["in x", "in y"]));
});

test("volumes and mounts of the class stay beside those of files", async () => {
  const classes = platformWith(
    "ServiceClass",
    "  deploymentTemplate: {template: {spec: {volumes: [{name: tmp, emptyDir: {}}], containers: [{name: main, volumeMounts: [{name: tmp, mountPath: /tmp}]}]}}}",
    stored,
  );
  const parts = await partsOf(classes, ...withFiles(certificate), tls());
  expect(parts.mounts).toMatchObject([{ mountPath: "/tmp" }, { mountPath: "/etc/tls/ca.pem" }]);
  expect(parts.volumes).toMatchObject([{ name: "tmp" }, { secret: { secretName: "cart.tls" } }]);
});

test("the hash on pods follows the files' texts and where secrets are kept, and nothing else", async () => {
  const documents = withFiles(rules, certificate);
  const value = group("{environment: dev, value: x}");
  const hash = await hashOf(...documents, value, tls());
  expect(hash).toMatch(/^[0-9a-f]{16}$/);
  const others = await Promise.all([
    hashOf(...documents, group("{environment: dev, value: y}"), tls()),
    hashOf(...documents, value, tls("shop/other")),
  ]);
  expect(new Set([hash, ...others]).size).toBe(3);
  expect(await hashOf(...documents, group("{environment: dev, value: x}, {environment: prod, value: z}"), tls())).toBe(
    hash,
  );
  const env = "env:\n  - {key: A, valueFrom: {configurationGroupRef: {name: mail, key: rules}}}";
  expect(await hashOf(...serviceOf(env), value)).toBeUndefined();
});

test.for([
  {
    mistake: "a file that stands twice",
    files: ["{key: a, mountPath: /x, value: b}", "{key: a, mountPath: /x, value: c}"],
    yields: ["duplicate-key volumeMounts has /x/a twice, and the API server refuses that"],
  },
  {
    mistake: "a file without a text",
    files: ["{key: a, mountPath: /x}"],
    yields: ["unsupported-value a has no value"],
  },
  {
    mistake: "a folder that climbs",
    files: ["{key: a, mountPath: /x/../y, value: b}"],
    yields: [
      "schema spec.containers.main.files.0.mountPath: must be a folder such as /etc/app, without a slash at its end",
    ],
  },
  {
    mistake: "a name with a slash",
    files: ["{key: a/b, mountPath: /x, value: b}"],
    yields: ["schema spec.containers.main.files.0.key: must be a file's name of letters, digits, -, _ and ."],
  },
  {
    mistake: "a name that leads upwards",
    files: ["{key: .., mountPath: /x, value: b}"],
    yields: ["schema spec.containers.main.files.0.key: must be a file's name of letters, digits, -, _ and ."],
  },
])("refuses $mistake", async ({ files, yields }) => {
  expect(errorsOf(await renderService(stored, ...withFiles(...files)))).toEqual(yields);
});

test("a class may have no volume that is called like the engine's", async () => {
  const classes = platformWith(
    "ServiceClass",
    "  deploymentTemplate: {template: {spec: {volumes: [{name: gitplane-files, emptyDir: {}}]}}}",
    stored,
  );
  expect(errorsOf(await renderService(classes, ...serviceOf("")))).toEqual([
    "reserved-field volumes whose names start with gitplane- are the engine's own",
  ]);
});
