import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redact, registerSecret } from "./redact.ts";

describe("redact", () => {
  it.each([
    [
      "URL userinfo",
      "fatal: https://ann:s3cr%40t@git.example/x.git failed",
      "fatal: https://[redacted]@git.example/x.git failed",
    ],
    ["a user without a password", "https://ghp_abc@git.example/x", "https://[redacted]@git.example/x"],
    ["a password with an at sign", "https://ann:p@ss@git.example/x", "https://[redacted]@git.example/x"],
    ["a Basic header", "> Authorization: Basic YW5uOnBhc3M=", "> Authorization: [redacted]"],
    ["a header in JSON", '{"authorization":"Bearer abc.DEF-123","a":1}', '{"authorization":"[redacted]","a":1}'],
    ["a bare Bearer token", "sent Bearer eyJhbGciOi.xyz", "sent Bearer [redacted]"],
    ["a signed query", "GET /b?x=1&sig=abc%2Bdef&y=2", "GET /b?x=1&sig=[redacted]&y=2"],
    [
      "a private key",
      "k: -----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----.",
      "k: [redacted].",
    ],
    ["a private key that is cut off", "k: -----BEGIN PRIVATE KEY-----\nabc", "k: [redacted]"],
  ])("C41 masks %s", (_name, text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it.each([
    "Basic authentication failed",
    "mail ann@example.org about https://git.example/a?b=c#d@e",
    "https://git.example/org/repo.git: not found",
  ])("leaves %j alone", (text) => {
    expect(redact(text)).toBe(text);
  });

  it("C41 masks every registered secret wherever it stands, plain or percent-encoded", () => {
    const secret = fc.string({ minLength: 8, maxLength: 60, unit: fc.constantFrom(..."abXY09-_+/=%@: ".split("")) });
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (text, before, after) => {
        registerSecret(text);
        expect(redact(before + text + after)).not.toContain(text);
        expect(redact(`${before}${encodeURIComponent(text)}${after}`)).not.toContain(encodeURIComponent(text));
      }),
    );
  });

  it("C41 masks any userinfo of any URL", () => {
    const userinfo = fc.string({
      minLength: 1,
      maxLength: 40,
      unit: fc.constantFrom(..."abXY09-_.~!$&()*+,;=:%".split("")),
    });
    fc.assert(
      fc.property(userinfo, fc.domain(), (text, host) => {
        expect(redact(`see https://${text}@${host}/x`)).toBe(`see https://[redacted]@${host}/x`);
      }),
    );
  });

  it("refuses to register what would mask ordinary words", () => {
    expect(registerSecret("main")).toBe(false);
    expect(redact("main")).toBe("main");
  });

  it("takes linear time on hostile lines", () => {
    const started = performance.now();
    for (const part of ["://", "authorization:", "Basic ", "-----BEGIN PRIVATE KEY-----", "?sig=", "a", " "]) {
      redact(part.repeat(200_000 / part.length));
    }
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
