import { expect, test } from "vitest";
import { verbWords } from "./verb-words";

test.each([
  ["device.approve", "approved device"],
  ["device.revoke", "revoked device"],
  ["device.tag", "tagged device"],
  ["secret.created", "created secret"],
  ["enrollment_token.create", "created enrollment token"],
  ["session.signed_in", "signed in"],
])("%s reads as %s", (verb, said) => {
  expect(verbWords(verb)).toBe(said);
});
