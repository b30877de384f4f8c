import { describe, expect, test } from "vitest";
import { cleanRules, matches, ruleProblem, ruleWords } from "./rules";

const LATITUDE = { manufacturer: "Dell Inc.", model: "Latitude 5440", sku: "0C06" };

describe("a rule is for a machine", () => {
  test.each([
    [{ sku: "0c06" }, true],
    [{ sku: "0C0" }, false],
    [{ manufacturer: "Dell*", model: "Latitude 54*" }, true],
    [{ manufacturer: "HP", model: "*" }, false],
    [{ model: "*tude*40" }, true],
    [{ model: "*5440*5440" }, false],
    [{ model: "Latitude [5440]" }, false],
    [{}, false],
  ])("%j: %s", (rule, expected) => {
    expect(matches(rule, LATITUDE)).toBe(expected);
  });

  test("never where the machine does not say it", () => {
    expect(matches({ sku: "*" }, { ...LATITUDE, sku: null })).toBe(false);
  });
});

test("a rule is said in words, and an empty one is refused", () => {
  expect(ruleWords({ manufacturer: "Dell*", model: "Latitude 54*" })).toBe("Dell* Latitude 54*");
  expect(ruleWords({ sku: "21HM*" })).toBe("SKU 21HM*");
  expect(ruleProblem({ manufacturer: "Dell*" })).toContain("SKU");
  expect(ruleProblem({ model: "*" })).toBeNull();
  expect(cleanRules([{ sku: " a ", model: "" }])).toEqual([{ sku: "a", manufacturer: null, model: null }]);
});
