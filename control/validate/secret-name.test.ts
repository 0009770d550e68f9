import { expect, test } from "vitest";
import { isNoSecret, isSecretName } from "./secret-name.ts";

test.for([
  "PASSWORD",
  "DB_PASSWORD",
  "db.password",
  "db-password",
  "dbPassword",
  "MYSQL_PASSWD",
  "CLIENT_SECRET",
  "GITHUB_TOKEN",
  "apiToken",
  "API_KEY",
  "APIKEY",
  "apiKey",
  "APIKey",
  "MyAPIKey",
  "PRIVATE_KEY",
  "AWS_SECRET_ACCESS_KEY",
  "CREDENTIAL",
  "CREDENTIALS",
  "GITHUB_PAT",
  "TOKEN_2",
  "TOKEN2",
  "_TOKEN_",
])("%s is a secret's name", (name) => {
  expect(isSecretName(name)).toBe(true);
});

test.for([
  "TOKEN_URL",
  "SECRET_NAME",
  "PASSWORD_FILE",
  "TOKEN_PATH",
  "PASSWORD_ENABLED",
  "TOKEN_TTL",
  "MAX_TOKENS",
  "PATH",
  "PATTERN",
  "COMPAT",
  "TOKENIZER",
  "KEY",
  "PUBLIC_KEY",
  "API_KEYS_COUNT",
  "SECRETARY",
  "PASSWORDLESS",
  "AWS_ACCESS_KEY_ID",
  "",
  "_",
  "2",
])("%j is no secret's name", (name) => {
  expect(isSecretName(name)).toBe(false);
});

test.for([
  "",
  " ",
  "true",
  "False",
  "$(DB_PASSWORD)",
  "${DB_PASSWORD}",
  "{{ .url }}",
  "/run/secrets/token",
  "https://vault.example/token",
  "vault://shop/token",
  "<token>",
  "***",
  "xxxx",
  "changeme",
  "your-github-token-here",
  "secure-password-here",
])("%j is no secret", (value) => {
  expect(isNoSecret(value)).toBe(true);
});

test.for(["hunter2", "12345", "postgres", "here", "a b", "p$x", "$ecret", "{a}", "correct horse battery staple"])(
  "%j may be a secret",
  (value) => {
    expect(isNoSecret(value)).toBe(false);
  },
);
