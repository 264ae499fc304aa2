/** Reads the fragment of the page's URL: the name of a view and, in a mailed link, its token. */

export interface Fragment {
  name: string;
  token: string;
}

/** The fragments of mailed links. Everything behind these names is a token, or what is left of one. */
const MAILED = /^[\s\p{Cf}]*(verify|reset|confirm-email)(?![\w-])(.*)$/isu;

/** Characters of a token: 32 bytes in base64url. */
const LENGTH = 43;

/** Times that mail programs encode a link. */
const MOST_ENCODINGS = 3;

/**
 * Returns the view and the token, also of a link that a mail program changed: encoded again, wrapped at
 * the end of a line, with a bracket or a full stop behind it, or with parameters that track clicks.
 *
 * The token is empty if the link has none, or not all of it.
 */
export function readFragment(hash: string): Fragment {
  const text = decoded(hash.replace(/^#/, ""));
  const [, name, rest] = MAILED.exec(text) ?? [];
  if (name === undefined) return { name: text.split("=")[0] ?? "", token: "" };
  return { name: name.toLowerCase(), token: tokenIn(rest ?? "") };
}

function tokenIn(text: string): string {
  const [run = ""] = /[\w-][\w=\s\p{Cf}-]*/u.exec(text) ?? [];
  // An equals sign or a blank inside is of a line that was wrapped (RFC 2045 section 6.7).
  const token = run.replace(/[=\s\p{Cf}]/gu, "");
  // The same RFC writes an equals sign as =3D, of which a program may have read only the first character.
  const whole = token.length === LENGTH + 2 && token.startsWith("3D") ? token.slice(2) : token;
  return whole.length < LENGTH ? "" : whole.slice(0, LENGTH);
}

function decoded(text: string): string {
  let now = text;
  for (let left = MOST_ENCODINGS; left > 0 && now.includes("%"); left -= 1) {
    now = now.replace(/(?:%[0-9a-f]{2})+/gi, (part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });
  }
  return now;
}
