/**
 * The one place where credentials are taken out of text. Every log line and every printed error passes here, so that a URL
 * with a password in an error of git, of a library or of ours never reaches a log, a status or a terminal.
 *
 * The registry of known secrets is the process's on purpose: a secret must be masked whoever happens to print it, and code
 * that prints an error cannot know which tokens it might hold.
 */

const secrets = new Set<string>();
const mask = "[redacted]";

/** Short strings would mask ordinary words. */
const shortestSecretLength = 8;

/** From now on `redact` masks this text, also percent-encoded. Answers whether it was long enough to be masked. */
export function registerSecret(secret: string): boolean {
  if (secret.length < shortestSecretLength) {
    return false;
  }
  secrets.add(secret);
  secrets.add(encodeURIComponent(secret.toWellFormed()));
  return true;
}

/** The text without registered secrets, URL userinfo, Authorization values, credentials in queries and private keys. */
export function redact(text: string): string {
  let result = text;
  // Longest first: a secret that contains another must not leave its tail behind.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    result = result.replaceAll(secret, mask);
  }
  for (const { pattern, replacement } of patterns) {
    result = result.replace(pattern, replacement);
  }
  return result;
}

// Each pattern starts at a fixed text and never backtracks over an unbounded prefix, so a hostile line costs linear time.
const patterns: readonly { readonly pattern: RegExp; readonly replacement: string }[] = [
  { pattern: /:\/\/[^\s/?#"'<>\\]*@/gu, replacement: `://${mask}@` },
  {
    pattern: /(authorization["']?\s{0,4}[:=]\s{0,4}["']?)(?:(basic|bearer|token|digest|negotiate)\s{1,4})?[^\s"',]+/giu,
    replacement: `$1${mask}`,
  },
  {
    pattern: /\b([Bb]asic|[Bb]earer|BASIC|BEARER)\s{1,4}(?=[^\s"']*[0-9A-Z=])[\w.~+/=-]{6,}/gu,
    replacement: `$1 ${mask}`,
  },
  {
    pattern:
      /([?&;](?:sig|token|access_token|private_token|job_token|refresh_token|id_token|password|passwd|secret|client_secret|api_key|apikey|x-amz-signature|x-amz-security-token|x-goog-signature)=)[^&;\s"'<>]+/giu,
    replacement: `$1${mask}`,
  },
  {
    pattern: /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|$)/gu,
    replacement: mask,
  },
];
