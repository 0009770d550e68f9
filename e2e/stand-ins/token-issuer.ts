/** Issues tokens and shows the keys that they are checked with (RFC 7517, RFC 7519). */
import { generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

export type TokenIssuer = AsyncDisposable & {
  readonly keysUrl: string;
  readonly issue: (claims: Readonly<Record<string, unknown>>) => string;
};

export const issuer = "https://login.example";

export async function startTokenIssuer(): Promise<TokenIssuer> {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const keys = JSON.stringify({
    keys: [{ ...publicKey.export({ format: "jwk" }), kid: "one", alg: "RS256", use: "sig" }],
  });
  const server = createServer((_, response) => response.setHeader("content-type", "application/json").end(keys));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  return {
    keysUrl: `http://127.0.0.1:${port}/keys`,
    issue: (claims) => {
      const signed = [
        { alg: "RS256", kid: "one", typ: "JWT" },
        { iss: issuer, exp: 4_000_000_000, ...claims },
      ]
        .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
        .join(".");
      return `${signed}.${sign("RSA-SHA256", Buffer.from(signed), privateKey).toString("base64url")}`;
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
