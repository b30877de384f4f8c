export type Strength = { score: 0 | 1 | 2 | 3; word: string; advice: string };

export const MIN_PASSWORD_LENGTH = 12;

/** A guide, not a gate: the server decides. Length counts most, as in NIST SP 800-63B. */
export function passwordStrength(password: string, context: string[] = []): Strength {
  if (password.length < MIN_PASSWORD_LENGTH) {
    const missing = MIN_PASSWORD_LENGTH - password.length;
    return {
      score: 0,
      word: "Too short",
      advice: `${missing} more ${missing === 1 ? "character" : "characters"} needed.`,
    };
  }
  const lower = password.toLowerCase();
  const repeats = context.some((word) => word.length > 3 && lower.includes(word.toLowerCase()));
  const variety = new Set(password).size;
  if (repeats) return { score: 1, word: "Weak", advice: "Leave out your name, address and organisation." };
  if (variety < 6 || /^(.)\1+$/.test(password))
    return { score: 1, word: "Weak", advice: "Use more different characters." };
  if (password.length >= 18 && variety >= 9) return { score: 3, word: "Strong", advice: "" };
  return { score: 2, word: "Good", advice: "A few more words would make it strong." };
}
