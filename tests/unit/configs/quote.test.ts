import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quote } from "../../../configs/quote.ts";
import { redisArguments } from "../../support/unit/redisArguments.ts";

describe("a quoted value", () => {
  test.each([
    ["6379", "6379"],
    ["10.0.0.1", "10.0.0.1"],
    ["fd00::1", "fd00::1"],
    ["/data", "/data"],
    [0, "0"],
    ["", '""'],
    ["two words", '"two words"'],
    ["#", '"#"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ["it's", '"it\'s"'],
    ["line\nreplicaof 10.0.0.1 6379", '"line\\x0areplicaof 10.0.0.1 6379"'],
    ["\u0000\t\r", '"\\x00\\x09\\x0d"'],
    ["é", '"\\xc3\\xa9"'],
  ])("for %j is %s", (value, expected) => {
    expect(quote(value)).toBe(expected);
  });

  test("is one line of printable ASCII for any value", () => {
    fc.assert(
      fc.property(anyText, (value) => {
        expect(quote(value)).toMatch(/^[ -~]+$/);
      }),
    );
  });

  test("is read by Redis as exactly the value, at any position of the line", () => {
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1, maxLength: 4 }), (values) => {
        const line = Buffer.from(values.map(quote).join(" "), "utf8");
        expect(redisArguments(line)).toEqual(values.map((value) => Buffer.from(value, "utf8")));
      }),
    );
  });
});

/** Texts of any characters, and texts of characters with a special meaning in Redis, a shell or mustache. */
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom(..."\"'\\ \n\r\t\u0000#{}&<>xan0") }),
);
