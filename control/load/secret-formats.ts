/**
 * Secrets that a text gives away by their form alone: what their issuers made recognisable by a prefix, a length and an
 * alphabet. A find spoils a document, so a format is in the table only if ordinary text and placeholders do not have it;
 * what merely looks random is left to `secret-like-value`. One table and no scanner's library: those bring hundreds of
 * rules with false alarms, and their findings quote the secret. Every pattern is bounded and starts at a word's start, so
 * that the work grows with the text.
 */
/** Where a secret stands in a text, and what it is; never what it says. */
export type SecretFound = { readonly offset: number; readonly end: number; readonly name: string };

type SecretFormat = {
  /** With its article. */
  readonly name: string;
  readonly pattern: RegExp;
  /** For what a pattern cannot say. `rest` is the text after the match, a little of it. */
  readonly isReal?: (match: string, rest: string) => boolean;
};

/** All secrets of a text by their offset. Of two that overlap the first, such as the URL of a token in a URL. */
export function findSecrets(text: string): readonly SecretFound[] {
  const found = secretFormats
    .flatMap((format) => findFormat(text, format))
    .toSorted((a, b) => a.offset - b.offset || b.end - a.end);
  let done = 0;
  return found.filter(({ offset, end }) => {
    if (offset < done) return false;
    done = end;
    return true;
  });
}

/** The text without them: for messages that name keys and words of a document. */
export function maskSecrets(text: string): string {
  let masked = "";
  let done = 0;
  for (const { offset, end } of findSecrets(text)) {
    masked += `${text.slice(done, offset)}[secret]`;
    done = end;
  }
  return masked + text.slice(done);
}

function findFormat(text: string, { name, pattern, isReal = isUnlikePlaceholder }: SecretFormat) {
  return [...text.matchAll(pattern)].flatMap(({ 0: match, index: offset }): readonly SecretFound[] => {
    const end = offset + match.length;
    return isReal(match, text.slice(end, end + 300)) ? [{ offset, end, name }] : [];
  });
}

/** What documentation writes where a token goes: one character again and again, the alphabet, a word that says so. */
function isUnlikePlaceholder(match: string): boolean {
  return !/(.)\1{5}|123456789|abcdefgh|example|your[_-]/i.test(match);
}

const secretFormats: readonly SecretFormat[] = [
  {
    name: "a private key",
    pattern: /-----BEGIN (?:(?:RSA|DSA|EC|OPENSSH|ENCRYPTED|PGP) )?PRIVATE KEY(?: BLOCK)?-----/g,
    // Of its lines, not of a sentence about it. Counted from the start of a word, so once each.
    isReal: (_match, rest) => /(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{40}/.test(rest),
  },
  // As a kubeconfig or a DataPlane of upstream holds one.
  {
    name: "a private key in base64",
    pattern: /(?<![A-Za-z0-9+/])LS0tLS1CRUdJTi[A-Za-z0-9+/]{40,}/g,
    isReal: (match) =>
      /^-----BEGIN ([A-Z]+ )?PRIVATE KEY/.test(Buffer.from(match.slice(0, 60), "base64").toString("latin1")),
  },
  { name: "an AWS access key id", pattern: /(?<!\w)(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?!\w)/g },
  { name: "a GitHub token", pattern: /(?<!\w)gh[pousr]_[A-Za-z0-9]{36}(?!\w)/g, isReal: isRandomToken },
  { name: "a GitHub token", pattern: /(?<!\w)github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}(?!\w)/g },
  { name: "a GitLab token", pattern: /(?<![\w-])gl(?:pat|dt|rt)-[\w-]{20}(?![\w-]|\.[0-9a-z]{2})/g },
  { name: "a GitLab token", pattern: /(?<![\w-])gl(?:pat|dt|rt)-[\w-]{27,300}\.[0-9a-z]{2}\.?[0-9a-z]{7}(?!\w)/g },
  { name: "a Slack token", pattern: /(?<![\w-])xox[abeprs]-(?:[0-9]{10,14}-){1,3}[A-Za-z0-9]{16,64}(?!\w)/g },
  { name: "a Slack token", pattern: /(?<![\w-])xapp-[0-9]-[A-Z0-9]{8,14}-[0-9]{10,14}-[0-9a-f]{64}(?!\w)/g },
  {
    name: "a Slack webhook",
    pattern: /hooks\.slack\.com\/services\/T[A-Z0-9]{8,12}\/B[A-Z0-9]{8,12}\/[A-Za-z0-9]{24}(?!\w)/g,
  },
  { name: "a live Stripe key", pattern: /(?<!\w)[rs]k_live_[A-Za-z0-9]{24,247}(?!\w)/g },
  { name: "a Google API key", pattern: /(?<![\w-])AIza[\w-]{35}(?![\w-])/g },
  { name: "an npm token", pattern: /(?<!\w)npm_[A-Za-z0-9]{36}(?!\w)/g },
  // A macaroon, whose first bytes name the site it is for (PyPI's, or the test site's).
  { name: "a PyPI token", pattern: /(?<![\w-])pypi-AgE[IN][\w-]{70,1000}(?![\w-])/g },
  { name: "a Docker Hub token", pattern: /(?<![\w-])dckr_(?:pat_[\w-]{27}|oat_[\w-]{32})(?![\w-])/g },
  { name: "a SendGrid key", pattern: /(?<![\w.-])SG\.[\w-]{22}\.[\w-]{43}(?![\w-])/g },
  { name: "a Twilio key", pattern: /(?<!\w)SK[0-9a-f]{32}(?!\w)/g },
  { name: "an Azure storage key", pattern: /(?<!\w)AccountKey=[A-Za-z0-9+/]{86}==/g },
  {
    name: "a JSON Web Token",
    pattern: /(?<![\w-])eyJ[\w-]{10,2000}\.eyJ[\w-]{10,8000}\.[\w-]{20,1400}(?![\w-])/g,
    isReal: isSignedToken,
  },
  {
    name: "a password in a URL",
    pattern: /(?<=[A-Za-z0-9]:\/\/)[^\s:/?#@"'`<>,]{0,100}:[^\s/?#@"'`<>,]{1,200}@/g,
    isReal: isPassword,
  },
];

/**
 * The checksum at the end is not asked about: a token that was copied wrongly still gives away most of one. Words that were
 * put together have no digits among their letters, or say what they stand for.
 */
function isRandomToken(match: string): boolean {
  const body = match.slice("ghp_".length);
  if (/token|secret|placeholder|redact|dummy|change_?me|replace/i.test(body)) return false;
  return /[A-Za-z][0-9]+[A-Za-z]/.test(body) && new Set(body).size > 8 && isUnlikePlaceholder(body);
}

/** RFC 7519: its header names an algorithm. The one that documentation shows everywhere is John Doe's. */
function isSignedToken(match: string): boolean {
  const [header = "", claims = ""] = match.split(".");
  const text = Buffer.from(header, "base64url").toString("utf8");
  const isExample = Buffer.from(claims, "base64url").toString("utf8").includes('"1234567890"');
  return !isExample && /^\{.*"alg"\s*:\s*"(?!none")/s.test(text);
}

/**
 * References such as `$(PASSWORD)` and the words of documentation are none, nor are well-known pairs such as guest:guest,
 * nor is anything at a host that cannot be (RFC 2606).
 */
function isPassword(match: string, rest: string): boolean {
  const colon = match.indexOf(":");
  const user = match.slice(0, colon);
  const password = match.slice(colon + 1, -1);
  if (/^([\w-]+\.)*(example(\.(com|net|org))?|invalid|test)(?![\w.-])/.test(rest)) return false;
  if (password === user || /[${}()[\]]|^[*.%x]+$/i.test(password)) return false;
  return (
    !/^(my|your|some|the)?[_-]?(password|passwd|passw|pass|pwd|pw|secret|token|user|username|change-?me|redacted|credentials?)[0-9]{0,3}$/i.test(
      password,
    ) && isUnlikePlaceholder(password)
  );
}
