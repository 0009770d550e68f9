/** Variables for every key of a ConfigurationGroup. */
import { expect, test } from "vitest";
import { doc, surroundings } from "../specs-fixture.contract.ts";
import { errorsOf, podOf, renderService, serviceOf, specOf, stored } from "./rendered-service.contract.ts";

const group = (name: string, ...configurations: readonly string[]): string =>
  doc("ConfigurationGroup", name, `  configurations:\n${configurations.map((one) => `    - ${one}\n`).join("")}`);
const valued = (key: string, value: string): string =>
  `{key: ${key}, values: [{environment: dev, value: ${value}}, {environment: prod, value: other}]}`;
const from = (...names: readonly string[]): string =>
  `envFrom: [${names.map((name) => `{configurationGroupRef: {name: ${name}}}`).join(", ")}]`;

test("every key of a group is a variable with the value of the environment, or with the Secret that keeps it", async () => {
  const tuning = group(
    "tuning",
    valued("SIZE", '"10"'),
    valued("log.level", "debug"),
    "{key: TOKEN, values: [{environment: dev, vaultKey: tuning/token}]}",
  );
  const { errors, objects } = await renderService(stored, ...serviceOf(from("tuning")), tuning);
  expect(errors).toEqual([]);
  const name = "cart.tuning.configuration";
  expect(podOf(objects).spec.containers).toMatchObject([
    {
      env: [
        { name: "SIZE", value: "10" },
        { name: "TOKEN", valueFrom: { secretKeyRef: { name, key: "TOKEN" } } },
        { name: "log.level", value: "debug" },
      ],
    },
  ]);
  expect(specOf(objects, "ExternalSecret")).toMatchObject({
    target: { name },
    data: [{ secretKey: "TOKEN", remoteRef: { key: "tuning/token" } }],
  });
});

test("a variable by itself goes before a group's, and a later group before an earlier one", async () => {
  const groups = [
    group("first", valued("A", "first"), valued("B", "first"), valued("C", "first")),
    group("second", valued("B", "second"), valued("C", "second")),
  ];
  const container = `${from("first", "second")}\nenv: [{key: C, value: own}]`;
  const { errors, objects } = await renderService(stored, ...serviceOf(container), ...groups);
  expect(errors).toEqual([]);
  expect(podOf(objects).spec.containers).toMatchObject([
    {
      env: [
        { name: "A", value: "first" },
        { name: "B", value: "second" },
        { name: "C", value: "own" },
      ],
    },
  ]);
});

test("what goes before a key need not have its value in the group", async () => {
  const tuning = group("tuning", "{key: SIZE, values: [{environment: prod, value: a}]}", valued("A", "a"));
  const { errors, objects } = await renderService(
    stored,
    ...serviceOf(`${from("tuning")}\nenv: [{key: SIZE, value: own}]`),
    tuning,
  );
  expect(errors).toEqual([]);
  expect(podOf(objects).spec.containers).toMatchObject([{ env: [{ name: "A" }, { name: "SIZE", value: "own" }] }]);
});

test.for([
  {
    mistake: "no group of the name",
    documents: [group("tunning", valued("A", "a"))],
    yields: ["unknown-configuration there is no ConfigurationGroup tuning"],
  },
  {
    mistake: "a key without a value in the environment",
    documents: [group("tuning", "{key: SIZE, values: [{environment: prod, value: a}]}")],
    yields: ["unknown-configuration SIZE of ConfigurationGroup tuning has no value for dev"],
  },
  {
    mistake: "a key that no variable may be called",
    documents: [group("tuning", valued("1st size", "a"))],
    yields: ["unsupported-value 1st size of ConfigurationGroup tuning is no name that a variable may have"],
  },
  {
    mistake: "a key that is kept as a secret, on a plane without a store",
    documents: [group("tuning", "{key: TOKEN, values: [{environment: dev, vaultKey: tuning/token}]}")],
    yields: [
      "missing-secret-store TOKEN is kept as a secret, and DataPlane eu, where dev runs, has no secretStoreRef to read it from",
    ],
  },
])("refuses $mistake", async ({ documents, yields }) => {
  const rendered = await renderService(surroundings, ...serviceOf(from("tuning")), ...documents);
  expect(errorsOf(rendered)).toEqual(yields);
  expect(rendered.objects).toEqual([]);
});

test("a key that a connection injects needs no value in the group, and no Secret is asked for it", async () => {
  const tuning = group(
    "tuning",
    "{key: SIZE, values: [{environment: prod, value: a}]}",
    "{key: TOKEN, values: [{environment: dev, vaultKey: tuning/token}]}",
  );
  const injected = ["SIZE", "TOKEN"].map((name) => `{name: ${name}, value: "{{ .host }}"}`).join(", ");
  const connections = `connections: {other: {type: external, params: {cidr: 10.0.0.1/32, port: 443}, inject: {env: [${injected}]}}}`;
  const texts = serviceOf(from("tuning")).map((text) =>
    text.startsWith("apiVersion") && text.includes("kind: Workload") ? `${text.trimEnd()}\n  ${connections}\n` : text,
  );
  const { errors, objects } = await renderService(stored, ...texts, tuning);
  expect(errors).toEqual([]);
  expect(podOf(objects).spec.containers).toMatchObject([
    {
      env: [
        { name: "SIZE", value: "10.0.0.1" },
        { name: "TOKEN", value: "10.0.0.1" },
      ],
    },
  ]);
  expect(objects.filter(({ kind }) => kind === "ExternalSecret")).toEqual([]);
});
