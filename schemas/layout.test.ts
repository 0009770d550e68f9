import { expect, test } from "vitest";
import { parsePlane, parseStatePath, statePath } from "./layout.ts";

test.for([
  { kind: "cell", project: "shop", environment: "development" },
  { kind: "release", project: "shop", environment: "development", component: "cart" },
  { kind: "platform", name: "gateways" },
  { kind: "build", project: "shop", component: "cart", build: "one" },
] as const)("reads back the path of a $kind", (path) => {
  expect(parseStatePath(statePath(path))).toEqual(path);
});

test.for([
  "plane.yaml",
  "releases/shop/development/../cart.yaml",
  "releases/shop/cart.yaml",
  "cells/a/b/c.yaml",
  "releases/A/b/c.yaml",
  "x/y.yaml",
])("holds no Release at %j", (path) => {
  expect(parseStatePath(path)).toBeUndefined();
});

test.for([
  ["data/default/dev", { kind: "data", organization: "default", name: "dev" }],
  ["data.default.dev", { kind: "data", organization: "default", name: "dev" }],
  ["data/default", undefined],
  ["edge/default/dev", undefined],
  ["data/../dev", undefined],
] as const)("reads the plane %j", ([text, plane]) => {
  expect(parsePlane(text)).toEqual(plane);
});
