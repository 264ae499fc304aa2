/** Finds the six digits of a code in what was typed or pasted. */

/** From the most exact to the loosest. Between digits there may be blanks and signs, but no letters. */
const FORMS = [/(?<!\d)\d{6}(?!\d)/g, /(?<!\d)\d{3}[^\p{L}\d]{1,3}\d{3}(?!\d)/gu, /(?<!\d)\d(?:[^\p{L}\d]{1,3}\d){5}(?!\d)/gu];

/** Returns the six digits if the text has exactly one code, in whatever script. Otherwise the text itself. */
export function codeIn(text: string): string {
  const plain = text.replace(/\p{Decimal_Number}/gu, digit);
  for (const form of FORMS) {
    const found = new Set((plain.match(form) ?? []).map((match) => match.replace(/\D/g, "")));
    if (found.size === 1) return [...found][0]!;
    if (found.size > 1) break;
  }
  return text;
}

/** Digits of one script follow one another from 0 to 9 (Unicode section 4.6). */
function digit(character: string): string {
  const point = character.codePointAt(0)!;
  let zero = point;
  while (/^\p{Decimal_Number}$/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String((point - zero) % 10);
}
