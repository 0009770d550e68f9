import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repositoryRoot, workMs } from "../specs-fixture.contract.ts";
import { findSecrets, maskSecrets } from "./secret-formats.ts";

/** Made of parts, so that no scanner takes this file for a leak. None was ever issued. */
const joined = (first: string, second: string): string => first + second;
const mixed = "aZ3kQ9xT7bW1mR5vC8nY2pL6sD4fG0hJaK9eU7iO3tX5wB1qN8zV2cM6rP4yL0gHdS7jF9kT3uE5oI1bQ8";
const digits = "8305917264";
const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const jwt = (header: object, claims: object): string =>
  `${base64url(header)}.${base64url(claims)}.${mixed.slice(0, 43)}`;
const pem = (kind: string): string => `-----BEGIN ${kind}PRIVATE KEY-----\n${mixed.slice(0, 64)}\n`;

const secrets: readonly (readonly [name: string, secret: string])[] = [
  ["a private key", pem("")],
  ["a private key", pem("RSA ")],
  ["a private key", pem("OPENSSH ").replace("\n", "\n        ")],
  ["a private key", pem("EC ").replaceAll("\n", "\\n")],
  ["a private key in base64", Buffer.from(pem("RSA ")).toString("base64")],
  ["an AWS access key id", `${joined("AKI", "A")}Q3EGUZ7TDBXH2M5N`],
  ["a GitHub token", `${joined("gh", "p")}_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17`],
  // As little as one character copied wrongly, and its checksum does not hold.
  ["a GitHub token", `${joined("gh", "p")}_zQWBuTSOoRi4A9spHcVY5ncnsDkxkK0mLq17`],
  ["a GitHub token", `${joined("github_pa", "t")}_${mixed.slice(0, 22)}_${mixed.slice(20, 79)}`],
  ["a GitLab token", `${joined("glpa", "t")}-${mixed.slice(0, 20)}`],
  ["a GitLab token", `${joined("glpa", "t")}-${mixed.slice(0, 30)}.01.${mixed.slice(0, 7).toLowerCase()}`],
  ["a Slack token", `${joined("xox", "b")}-${digits}-${digits}-${mixed.slice(0, 24)}`],
  ["a Slack token", `${joined("xap", "p")}-1-A0B1C2D3E4F-${digits}-${"0a1b2c3d".repeat(8)}`],
  ["a Slack webhook", `https://hooks.slack.com/services/T0A1B2C3D/B4E5F6G7H/${mixed.slice(0, 24)}`],
  ["a live Stripe key", `${joined("sk_liv", "e")}_${mixed.slice(0, 24)}`],
  ["a Google API key", `${joined("AIz", "a")}${mixed.slice(0, 35)}`],
  ["an npm token", `${joined("np", "m")}_${mixed.slice(0, 36)}`],
  ["a PyPI token", `${joined("pyp", "i")}-AgEIcHlwaS5vcmc${mixed}`],
  ["a Docker Hub token", `${joined("dckr_pa", "t")}_${mixed.slice(0, 27)}`],
  ["a SendGrid key", `${joined("S", "G")}.${mixed.slice(0, 22)}.${mixed.slice(10, 53)}`],
  ["a Twilio key", `${joined("S", "K")}${"0a1b2c3d".repeat(4)}`],
  ["an Azure storage key", `AccountKey=${mixed.slice(0, 80)}Zk3/+Q==`],
  ["a JSON Web Token", jwt({ alg: "HS256", typ: "JWT" }, { sub: "ann", exp: 1 })],
  ["a password in a URL", "postgres://ann:k2J9-xQ@db.internal:5432/shop"],
  ["a password in a URL", "redis://:k2J9-xQ@cache:6379"],
];

test.for(secrets)("C42 %s is found where it stands, whatever stands beside it", ([name, secret]) => {
  for (const [before, after] of [
    ["", ""],
    ["a: ", "\n"],
    ['x="', '",'],
    ["TOKEN=", " # note"],
  ] as const) {
    const found = findSecrets(`${before}${secret}${after}`);
    expect(found.map((one) => one.name)).toEqual([name]);
    expect(found[0]?.offset).toBeGreaterThanOrEqual(before.length);
    expect(maskSecrets(`${before}${secret}${after}`)).not.toContain(secret);
  }
});

const harmless: readonly string[] = [
  "your-github-token-here",
  "-----BEGIN PRIVATE KEY-----\nyour key here\n-----END PRIVATE KEY-----",
  "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEzCbdqOqs0a1YcTJ3u3WbIcK1\n",
  Buffer.from(`-----BEGIN CERTIFICATE-----\n${mixed}`).toString("base64"),
  "AKIAIOSFODNN7EXAMPLE",
  "AKIAIOSFODNN",
  `ghp_${"x".repeat(36)}`,
  "ghp_1234512345123451234512345aB123451234",
  "ghp_ThisIsWhereThePersonalAccessKeyGoes1",
  "ghp_putYour1RealTokenHerePutItHereOrNot1",
  "glpat-xxxxxxxxxxxxxxxxxxxx",
  "xoxb-not-a-token",
  "xoxb-123456789012-123456789012-abcdefghijklmnopqrstuvwx",
  "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
  "AIzaSyYOUR_API_KEY",
  "npm_config_registry_and_more_words_that_go_on",
  "SK0A1B",
  jwt({ alg: "HS256", typ: "JWT" }, { sub: "1234567890", name: "John Doe" }),
  jwt({ typ: "JWT" }, { sub: "ann" }),
  "eyJhbGciOiJIUzI1NiJ9.eyJ",
  "postgres://ann:$(PASSWORD)@db",
  "postgres://ann:${PASSWORD}@db",
  "postgres://ann:{{ .password }}@db",
  "postgres://user:password@localhost:5432/shop",
  "postgres://ann:<password>@db",
  "postgres://ann:***@db",
  "postgres://ann:k2J9-xQ@db.example.org/shop",
  "amqp://guest:guest@rabbit:5672",
  "http://cart.example:8080?mail=ann@example.org",
  "http://a.example:80 ann@example.org",
  "https://ann@git.example/x.git",
  "git@github.com:openchoreo/sample.git",
  "registry.example/app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
];

test.for(harmless)("%j is no secret", (text) => {
  expect(findSecrets(`value: "${text}"\n`)).toEqual([]);
});

test("nothing in what ships with the project looks like a secret", async () => {
  const text = await readFile(join(repositoryRoot, "package-lock.json"), "utf8");
  expect(findSecrets(text)).toEqual([]);
});

test.for([
  ["-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----"],
  ["headers and short lines", `-----BEGIN PRIVATE KEY-----${"a".repeat(39)} `],
  ["eyJ", "eyJ"],
  ["eyJ-", `eyJ${"a".repeat(20)}.`],
  ["two parts of a JWT", `${jwt({ alg: "a" }, { b: "c" }).slice(0, 50)}.`],
  ["colons", "a://a:"],
  ["long passwords", `a://a:${"b".repeat(190)}:`],
  ["slashes", "://"],
  ["xoxb-", "xoxb-1234567890-"],
  ["glpat-", `glpat-${"a".repeat(290)} `],
  ["pypi", `pypi-AgEI${"a".repeat(900)} `],
  ["base64", "LS0tLS1CRUdJTi"],
  ["real keys", `${joined("AKI", "A")}Q3EGUZ7TDBXH2M5N `],
  ["one letter", "a"],
])("a megabyte of %s is read in linear time", ([, unit = ""]) => {
  const text = unit.repeat(Math.ceil((1024 * 1024) / unit.length));
  const start = workMs();
  findSecrets(text);
  expect(workMs() - start).toBeLessThan(1000);
});
