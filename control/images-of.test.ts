import { expect, test } from "vitest";
import type { Release } from "../schemas/release.ts";
import { imagesOf } from "./images-of.ts";

const containers = [
  { name: "main", image: "registry.example/shop/app:1" },
  { name: "proxy", image: "registry.example/proxy@sha256:0" },
];
const pods = { spec: { containers } };

test.for<[string, object, readonly string[]]>([
  ["a Deployment", { template: pods }, ["registry.example/shop/app:1", "registry.example/proxy@sha256:0"]],
  ["a CronJob", { jobTemplate: { spec: { template: pods } } }, containers.map(({ image }) => image)],
  ["a Service", { ports: [{ port: 80 }] }, []],
])("reads the images of %s", ([, spec, images]) => {
  const object = { apiVersion: "v1", kind: "Any", metadata: { name: "app", namespace: "shop" }, spec };
  const release: Release = {
    apiVersion: "openchoreo.dev/v1alpha1",
    kind: "Release",
    metadata: { name: "app", namespace: "acme", labels: {} },
    spec: { owner: { projectName: "shop" }, resources: [{ id: "Any/shop/app", object }] },
  };
  expect(imagesOf(release)).toEqual(images);
});
