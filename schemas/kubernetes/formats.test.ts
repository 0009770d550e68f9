import { describe, expect, test } from "vitest";
import type { z } from "zod";
import {
  ContainerVariableName,
  DescendingPath,
  ImageReference,
  LabelValue,
  PortName,
  QualifiedName,
} from "./formats.ts";
import { Quantity, quantityOf } from "./quantity.ts";

const digest = `sha256:${"0a1b2c3d".repeat(8)}`;

type Row = {
  readonly what: string;
  readonly schema: z.ZodType;
  readonly right: readonly unknown[];
  readonly wrong: readonly unknown[];
};

const rows: readonly Row[] = [
  {
    what: "a path within a volume",
    schema: DescendingPath,
    right: ["", "a", "a/b", "a//b/", ".", "./a", ".a/..a/...", "a..", "a/.", "$(POD_NAME)", "a b\n"],
    wrong: ["/", "/a", "..", "../a", "a/..", "a/../b", "./../a", "a\n/.."],
  },
  {
    what: "an image",
    schema: ImageReference,
    right: [
      "a",
      "nginx:1.27",
      "library/nginx",
      "registry.example/team/app:1.2",
      "localhost:5000/app",
      "Registry.Example/app",
      "ghcr.io/openchoreo/samples/greeter-service:latest",
      `app@${digest}`,
      `r.example/app:1@${digest}`,
      "a__b",
      "a---b",
      "gcr.io/google-samples/microservices-demo/cartservice:v0.10.3",
      "[2001:db8::1]:5000/app",
      "app:V1_2-x",
    ],
    wrong: [
      "",
      " a",
      "a b",
      "https://registry.example/app",
      "docker://app",
      "App",
      "registry.example/Team/app",
      "app:",
      "app:-1",
      "app@sha256:abc",
      "a//b",
      "/a",
      "a/",
      "a..b",
      "a___b",
      "-a",
      `app:${"x".repeat(129)}`,
      "app:1:2",
      "app@1",
      "a".repeat(513),
    ],
  },
  {
    what: "a label's key",
    schema: QualifiedName,
    right: ["app", "App_1.x-y", "example.org/app", "a/b", "a".repeat(63), `${"a".repeat(63)}.b/c`],
    wrong: ["", "/a", "a/", "a/b/c", "-a", "a-", "a b", "Example.org/a", "a".repeat(64), "é"],
  },
  {
    what: "a label's value",
    schema: LabelValue,
    right: ["", "a", "A.b_c-1", "a".repeat(63)],
    wrong: ["-a", "a.", "a/b", "a b", "a".repeat(64), "é"],
  },
  {
    what: "a variable's name in a class",
    schema: ContainerVariableName,
    right: ["A", "a.b-c", "1a", "a b", "~"],
    wrong: ["", "A=B", "é", "a\n"],
  },
  {
    what: "a container's port name",
    schema: PortName,
    right: ["http", "a", "grpc-web", "1a", "80-http", "a".repeat(15)],
    wrong: ["", "80", "8-0", "a--b", "-a", "a-", "HTTP", "a_b", "a".repeat(16)],
  },
  {
    what: "a quantity",
    schema: Quantity,
    right: ["100m", "0.5", "64Mi", "1e3", "1E-3", "5.", ".5", "+1", "-1k", "1n", "1u", "1Ei", 1, 0.5],
    wrong: ["", "64MB", "64mi", "1 Gi", "1Ki2", "e3", ".", "1K", "0x10", "1,5", null, true, [1]],
  },
];

describe.for(rows)("$what", ({ schema, right, wrong }) => {
  test.for(right)("may be %j", (value) => {
    expect(schema.safeParse(value).success).toBe(true);
  });
  test.for(wrong)("is not %j", (value) => {
    expect(schema.safeParse(value).success).toBe(false);
  });
});

test("a long text is judged in linear time", () => {
  for (const text of ["a".repeat(512), "a.".repeat(256), "a-".repeat(256), "a_".repeat(256), "a/".repeat(256)]) {
    expect(ImageReference.safeParse(`${text}!`).success).toBe(false);
    expect(QualifiedName.safeParse(`${text}!`).success).toBe(false);
  }
});

test.for([
  ["100m", 0.1],
  ["0.1", 0.1],
  ["1.5k", 1500],
  ["1e3", 1000],
  ["1E", 1e18],
  ["64Mi", 67_108_864],
  ["-1u", -0.000001],
  [2, 2],
  ["x", undefined],
  [true, undefined],
] as const)("%j amounts to %d", ([text, amount]) => {
  expect(quantityOf(text)).toBe(amount);
});
