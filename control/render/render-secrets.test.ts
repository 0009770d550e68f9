/** What a component's secrets become, and what of them is refused. */
import { expect, test } from "vitest";
import type { KubernetesObject } from "../../schemas/object-id.ts";
import { doc, endpointOf, service, surroundings } from "../specs-fixture.contract.ts";
import { errorsOf, platformWith, podOf, renderService, serviceOf, stored } from "./rendered-service.contract.ts";

const pulling = (references: string, store = "\n  secretStoreRef: {name: vault}"): readonly string[] =>
  platformWith("DataPlane", `  imagePullSecretRefs: ${references}${store}`);

/** A service `cart` whose variables these are. */
const withVariables = (...variables: readonly string[]): readonly string[] =>
  serviceOf(`env:\n${variables.map((one) => `  - ${one}\n`).join("")}`);
const password = "{key: DB_PASSWORD, valueFrom: {secretRef: {name: db, key: password}}}";
const reference = (name: string, spec: string): string => doc("SecretReference", name, spec);
const db = reference("db", "  data: [{secretKey: password, remoteRef: {key: shop/db, property: pw}}]");

function secretsOf(objects: readonly KubernetesObject[]): readonly unknown[] {
  return objects.filter(({ kind }) => kind === "ExternalSecret").map(({ metadata, ...rest }) => [metadata.name, rest]);
}

test("a SecretReference that a variable names becomes an ExternalSecret, and the variable names its Secret", async () => {
  const whole = reference(
    "db",
    `  template: {type: kubernetes.io/basic-auth, metadata: {labels: {team: shop}, annotations: {note: x}}}
  data:
    - {secretKey: username, remoteRef: {key: shop/db}}
    - {secretKey: password, remoteRef: {key: shop/db, property: pw, version: "3"}}
  refreshInterval: 1d12h`,
  );
  const { errors, objects } = await renderService(stored, ...withVariables(password), whole);
  expect(errors).toEqual([]);
  expect(secretsOf(objects)).toEqual([
    [
      "cart.db",
      {
        apiVersion: "external-secrets.io/v1",
        kind: "ExternalSecret",
        spec: {
          secretStoreRef: { kind: "ClusterSecretStore", name: "vault" },
          target: {
            name: "cart.db",
            creationPolicy: "Owner",
            deletionPolicy: "Retain",
            template: {
              type: "kubernetes.io/basic-auth",
              metadata: { labels: { team: "shop" }, annotations: { note: "x" } },
            },
          },
          data: [
            { secretKey: "username", remoteRef: { key: "shop/db" } },
            { secretKey: "password", remoteRef: { key: "shop/db", property: "pw", version: "3" } },
          ],
          refreshInterval: "24h12h",
        },
      },
    ],
  ]);
  expect(podOf(objects).spec.containers).toEqual([
    {
      name: "main",
      image: "a",
      env: [{ name: "DB_PASSWORD", valueFrom: { secretKeyRef: { name: "cart.db", key: "password" } } }],
    },
  ]);
});

test("of a ConfigurationGroup only the keys that are used are asked of the store, in one ExternalSecret", async () => {
  const group = doc(
    "ConfigurationGroup",
    "mail",
    `  configurations:
    - {key: user, values: [{environment: dev, value: shop}]}
    - {key: token, values: [{environment: dev, vaultKey: mail/token}]}
    - {key: spare, values: [{environment: dev, vaultKey: mail/spare}]}
    - {key: pin, values: [{environment: dev, vaultKey: mail/pin}, {environment: prod, value: ""}]}`,
  );
  const from = (name: string, key: string): string =>
    `{key: ${name}, valueFrom: {configurationGroupRef: {name: mail, key: ${key}}}}`;
  const variables = [from("A", "token"), from("B", "user"), from("C", "pin"), from("D", "token")];
  const { errors, objects } = await renderService(stored, ...withVariables(...variables), group);
  expect(errors).toEqual([]);
  expect(secretsOf(objects)).toMatchObject([
    [
      "cart.mail.configuration",
      {
        spec: {
          target: { name: "cart.mail.configuration", template: { type: "Opaque" } },
          data: [
            { secretKey: "pin", remoteRef: { key: "mail/pin" } },
            { secretKey: "token", remoteRef: { key: "mail/token" } },
          ],
        },
      },
    ],
  ]);
  const name = "cart.mail.configuration";
  expect(podOf(objects).spec.containers).toMatchObject([
    {
      env: [
        { name: "A", valueFrom: { secretKeyRef: { name, key: "token" } } },
        { name: "B", value: "shop" },
        { name: "C", valueFrom: { secretKeyRef: { name, key: "pin" } } },
        { name: "D", valueFrom: { secretKeyRef: { name, key: "token" } } },
      ],
    },
  ]);
});

const registry = reference("registry", "  data: [{secretKey: .dockerconfigjson, remoteRef: {key: pull}}]");

test("pods pull with the plane's secrets, beside those of the class; one that is also read is one", async () => {
  const classes = platformWith(
    "ServiceClass",
    "  deploymentTemplate: {template: {spec: {imagePullSecrets: [{name: own}]}}}",
    pulling("[registry, registry]"),
  );
  const read = "{key: AUTH, valueFrom: {secretRef: {name: registry, key: .dockerconfigjson}}}";
  const { errors, objects } = await renderService(classes, ...withVariables(read), registry);
  expect(errors).toEqual([]);
  expect(podOf(objects).spec["imagePullSecrets"]).toEqual([{ name: "own" }, { name: "cart.registry" }]);
  expect(secretsOf(objects)).toMatchObject([
    [
      "cart.registry",
      {
        spec: {
          target: { template: { type: "kubernetes.io/dockerconfigjson" } },
          data: [{ secretKey: ".dockerconfigjson", remoteRef: { key: "pull" } }],
        },
      },
    ],
  ]);
});

test("a SecretReference that nothing uses is rendered nowhere", async () => {
  const { errors, objects } = await renderService(stored, ...service("cart"), db);
  expect({ errors, secrets: secretsOf(objects) }).toEqual({ errors: [], secrets: [] });
});

test("a class's value of a variable gives way to the Workload's secret", async () => {
  const classes = platformWith(
    "ServiceClass",
    "  deploymentTemplate: {template: {spec: {containers: [{name: main, env: [{name: DB_PASSWORD, value: $(X)}]}]}}}",
    stored,
  );
  const { errors, objects } = await renderService(classes, ...withVariables(password), db);
  expect(errors).toEqual([]);
  expect(podOf(objects).spec.containers).toMatchObject([
    { env: [{ name: "DB_PASSWORD", valueFrom: { secretKeyRef: { name: "cart.db", key: "password" } } }] },
  ]);
});

const group = doc(
  "ConfigurationGroup",
  "mail",
  '  configurations: [{key: "to ken", values: [{environment: dev, vaultKey: a}]}]',
);
const first = withVariables(password);

test.for([
  {
    mistake: "a plane without a store, said once",
    platform: surroundings,
    documents: [...withVariables(password, password.replace("DB_PASSWORD", "B")), db],
    yields: [
      "missing-secret-store DB_PASSWORD is kept as a secret, and DataPlane eu, where dev runs, has no secretStoreRef to read it from",
    ],
  },
  {
    mistake: "no such SecretReference",
    platform: stored,
    documents: first,
    yields: ["unknown-secret there is no SecretReference db"],
  },
  {
    mistake: "no such key of it",
    platform: stored,
    documents: [...first, reference("db", "  data: [{secretKey: pasword, remoteRef: {key: a}}]")],
    yields: ["unknown-secret SecretReference db has no key password"],
  },
  {
    mistake: "a key that no Secret may have",
    platform: stored,
    documents: [...withVariables('{key: A, valueFrom: {configurationGroupRef: {name: mail, key: "to ken"}}}'), group],
    yields: [
      "unsupported-secret to ken of ConfigurationGroup mail is kept as a secret, and is no key that a Secret may have",
    ],
  },
  {
    mistake: "a value beside a secret",
    platform: stored,
    documents: [...withVariables(password.replace("{key", "{value: '$(X)', key")), db],
    yields: ["unsupported-value DB_PASSWORD has more than one value, and which one counts is not said"],
  },
  {
    mistake: "a secret and a configuration",
    platform: stored,
    documents: [
      ...withVariables(password.replace("valueFrom: {", "valueFrom: {configurationGroupRef: {name: a, key: b}, ")),
      db,
    ],
    yields: ["unsupported-value DB_PASSWORD has more than one value, and which one counts is not said"],
  },
  {
    mistake: "a pull secret that is not there",
    platform: pulling("[registri]"),
    documents: [...service("cart"), registry],
    yields: ["unknown-secret there is no SecretReference registri"],
  },
  {
    mistake: "a pull secret of another type",
    platform: pulling("[registry]"),
    documents: [
      ...service("cart"),
      reference(
        "registry",
        "  template: {type: Opaque}\n  data: [{secretKey: .dockerconfigjson, remoteRef: {key: a}}]",
      ),
    ],
    yields: [
      "unsupported-secret images are pulled with a Secret of type kubernetes.io/dockerconfigjson and its key .dockerconfigjson, which SecretReference registry is not",
    ],
  },
  {
    mistake: "a pull secret without its key",
    platform: pulling("[registry]"),
    documents: [...service("cart"), reference("registry", "  data: [{secretKey: auth, remoteRef: {key: a}}]")],
    yields: [
      "unsupported-secret images are pulled with a Secret of type kubernetes.io/dockerconfigjson and its key .dockerconfigjson, which SecretReference registry is not",
    ],
  },
  {
    mistake: "pull secrets without a store",
    platform: pulling("[registry]", ""),
    documents: [...service("cart"), registry],
    yields: [
      "missing-secret-store the plane has no secretStoreRef, from which Secrets for pulling images would be read",
    ],
  },
  {
    mistake: "an annotation that would show the value",
    platform: stored,
    documents: [
      ...first,
      db.replace("  data:", '  template: {metadata: {annotations: {note: "{{ .password }}"}}}\n  data:'),
    ],
    yields: ["unsupported-secret annotation note is a template, which could show a secret's value"],
  },
  {
    mistake: "a key that stands twice",
    platform: stored,
    documents: [...first, db.replace("data: [", "data: [{secretKey: password, remoteRef: {key: a}}, ")],
    yields: ["duplicate-key the key password stands twice"],
  },
  {
    mistake: "a type without its keys",
    platform: stored,
    documents: [
      ...withVariables("{key: CERTIFICATE, valueFrom: {secretRef: {name: tls, key: tls.crt}}}"),
      reference("tls", "  template: {type: kubernetes.io/tls}\n  data: [{secretKey: tls.crt, remoteRef: {key: a}}]"),
    ],
    yields: ["unsupported-secret a Secret of type kubernetes.io/tls needs tls.key, and data has no such key"],
  },
  {
    mistake: "a type that Kubernetes fills in itself",
    platform: stored,
    documents: [
      reference(
        "sa",
        "  template: {type: kubernetes.io/service-account-token}\n  data: [{secretKey: token, remoteRef: {key: a}}]",
      ),
    ],
    yields: [
      "unsupported-secret Kubernetes itself fills Secrets of type kubernetes.io/service-account-token, so none is made of a store's values",
    ],
  },
])("refuses $mistake, and renders nothing of it", async ({ platform, documents, yields }) => {
  const rendered = await renderService(platform, ...documents);
  expect(errorsOf(rendered)).toEqual(yields);
  expect(rendered.objects.filter(({ kind }) => kind === "Deployment" || kind === "ExternalSecret")).toEqual([]);
});

test("a Problem of a secret stands at the line that refers to it", async () => {
  const { errors } = await renderService(stored, ...withVariables("{key: A, value: b}", password));
  const text = [...stored, ...withVariables("{key: A, value: b}", password)].join("---\n").split("\n");
  expect(errors[0]).toMatch(new RegExp(`^${text.findIndex((line) => line.includes("secretRef")) + 1} unknown-secret `));
});

/** A service whose API `api` of class `guarded` is exposed to both levels. */
const guarded = (policy: string): readonly string[] => [
  doc("APIClass", "guarded", `  restPolicy: ${policy}`),
  ...service("cart", {
    workload: endpointOf("api", "REST", 80),
    claim: "  apis:\n    api: {type: REST, className: guarded, exposeLevels: [Public, Organization]}\n",
  }),
];
const byKey = (name: string): string =>
  `authentication: {type: apikey, apikey: {header: K, secretRef: {name: ${name}}}}`;
const byPassword = (name: string): string => `authentication: {type: basic, basic: {secretRef: {name: ${name}}}}`;
const keys = reference("keys", "  data: [{secretKey: app, remoteRef: {key: shop/app}}]");
const users = reference("users", "  data: [{secretKey: .htpasswd, remoteRef: {key: shop/users}}]");

test("what callers are checked with becomes a Secret beside the policy, of each level that the API is exposed to", async () => {
  const policy = `{public: {${byKey("keys")}}, organization: {${byPassword("users")}}}`;
  const { errors, objects } = await renderService(stored, ...guarded(policy), keys, users);
  expect(errors).toEqual([]);
  expect(secretsOf(objects)).toMatchObject([
    [
      "cart.keys",
      {
        spec: {
          target: { name: "cart.keys", template: { type: "Opaque" } },
          data: [{ secretKey: "app", remoteRef: { key: "shop/app" } }],
        },
      },
    ],
    [
      "cart.users",
      {
        spec: {
          target: { name: "cart.users", template: { type: "Opaque" } },
          data: [{ secretKey: ".htpasswd", remoteRef: { key: "shop/users" } }],
        },
      },
    ],
  ]);
  const named = objects.filter(({ kind }) => kind === "SecurityPolicy").map((object) => JSON.stringify(object));
  expect(named.filter((text) => text.includes('"name":"cart.keys"'))).toHaveLength(1);
  expect(named.filter((text) => text.includes('"name":"cart.users"'))).toHaveLength(1);
  expect(podOf(objects).metadata.annotations).toBeUndefined();
});

test("of a level that the API is not exposed to nothing is read", async () => {
  const documents = guarded(`{public: {${byKey("keys")}}}`).map((text) =>
    text.replace("Public, Organization", "Organization"),
  );
  const { errors, objects } = await renderService(surroundings, ...documents, keys);
  expect([errors, secretsOf(objects)]).toEqual([[], []]);
});

test.for([
  {
    mistake: "keys that are nowhere",
    policy: `{defaults: {${byKey("kees")}}}`,
    documents: [keys],
    yields: ["unknown-secret there is no SecretReference kees"],
  },
  {
    mistake: "keys of another organization",
    policy: `{defaults: {${byKey("keys")}}}`,
    documents: [keys.replace("name: keys\n", "name: keys\n  namespace: other\n")],
    yields: ["unknown-secret there is no SecretReference keys", "unknown-organization there is no Organization other"],
  },
  {
    mistake: "keys of a Secret of another type",
    policy: `{defaults: {${byKey("keys")}}}`,
    documents: [keys.replace("  data:", "  template: {type: kubernetes.io/basic-auth}\n  data:")],
    yields: [
      "unsupported-secret API keys are read from a Secret of type Opaque in which each entry is a client and its key, which SecretReference keys is not",
    ],
  },
  {
    mistake: "keys with what images are pulled with",
    policy: `{defaults: {${byKey("pull")}}}`,
    documents: [reference("pull", "  data: [{secretKey: .dockerconfigjson, remoteRef: {key: registry}}]")],
    yields: [
      "unsupported-secret API keys are read from a Secret of type Opaque in which each entry is a client and its key, which SecretReference pull is not",
    ],
  },
  {
    mistake: "users without a list of them",
    policy: `{defaults: {${byPassword("keys")}}}`,
    documents: [keys],
    yields: [
      "unsupported-secret users are read from the entry .htpasswd of a Secret of type Opaque, which SecretReference keys is not",
    ],
  },
])(
  "a class with $mistake is refused, and nothing of whom it guards is rendered",
  async ({ policy, documents, yields }) => {
    const rendered = await renderService(stored, ...guarded(policy), ...documents);
    expect(errorsOf(rendered)).toEqual(yields);
    expect(rendered.objects).toEqual([]);
  },
);

test("a plane without a store cannot check callers with what is kept", async () => {
  const rendered = await renderService(surroundings, ...guarded(`{defaults: {${byKey("keys")}}}`), keys);
  expect(errorsOf(rendered)).toEqual([
    "missing-secret-store what API api of cart checks callers with is kept as a secret, and DataPlane eu, where dev runs, has no secretStoreRef to read it from",
  ]);
});
