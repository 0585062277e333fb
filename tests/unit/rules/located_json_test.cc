// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/rules/located_json.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

using Type = LocatedJson::Type;

std::string only_error(std::string_view text) {
    const ParsedJson parsed = parse_located_json(text, "f");
    EXPECT_EQ(parsed.errors.size(), 1U) << text;
    return parsed.errors.empty() ? "" : parsed.errors[0].to_string();
}

std::string spot(const LocatedJson& json) {
    return std::to_string(json.line) + ":" + std::to_string(json.column);
}

TEST(LocatedJson, EveryValueAndKeyKnowsItsPlace) {
    const ParsedJson parsed =
        parse_located_json("{\n  \"a\": [1, -2.5e3,\n \"x\"],\n\t\"b\" : {\"c\":null},\n"
                           "  \"d\":true, \"e\"\n:\n12}",
                           "f");
    ASSERT_TRUE(parsed.errors.empty()) << parsed.errors[0].to_string();
    EXPECT_EQ(spot(parsed.root), "1:1");
    const LocatedJson& a = *parsed.root.find("a");
    EXPECT_EQ(spot(a), "2:8");
    EXPECT_EQ(spot(a.items.at(0)), "2:9");
    EXPECT_EQ(spot(a.items.at(1)), "2:12");
    EXPECT_EQ(spot(a.items.at(2)), "3:2");
    EXPECT_EQ(parsed.root.members.at(1).line, 4U);
    EXPECT_EQ(parsed.root.members.at(1).column, 2U);
    EXPECT_EQ(spot(*parsed.root.find("b")), "4:8");
    EXPECT_EQ(spot(*parsed.root.find("b")->find("c")), "4:13");
    EXPECT_EQ(spot(*parsed.root.find("d")), "5:7");
    EXPECT_EQ(spot(*parsed.root.find("e")), "7:1");
}

TEST(LocatedJson, ColumnsCountCharactersAndNotBytes) {
    const ParsedJson parsed = parse_located_json("[\"\xc3\xa4\xe2\x82\xac\", 1]", "f");
    EXPECT_EQ(spot(parsed.root.items.at(1)), "1:8");
}

TEST(LocatedJson, ValuesAndTypesAreKept) {
    const ParsedJson parsed =
        parse_located_json(R"([null, true, -7, 1.5, "a\u0000b", [], {}, 18446744073709551615])", "f");
    ASSERT_TRUE(parsed.errors.empty());
    const auto& items = parsed.root.items;
    ASSERT_EQ(items.size(), 8U);
    EXPECT_EQ(items[0].type, Type::null);
    EXPECT_TRUE(items[1].type == Type::boolean && items[1].boolean);
    EXPECT_TRUE(items[2].type == Type::integer && items[2].integer == -7);
    EXPECT_TRUE(items[3].type == Type::number && items[3].number == 1.5);
    EXPECT_EQ(items[4].string, std::string("a\0b", 3));
    EXPECT_EQ(items[5].type, Type::array);
    EXPECT_EQ(items[6].type, Type::object);
    EXPECT_EQ(items[7].type, Type::number);
    EXPECT_EQ(spot(items[7]), "1:43");
}

TEST(LocatedJson, AScalarAloneIsAText) {
    EXPECT_EQ(parse_located_json("12", "f").root.integer, 12);
    EXPECT_EQ(spot(parse_located_json("\xef\xbb\xbf  \"x\"", "f").root), "1:4");
}

TEST(LocatedJson, DuplicateKeysAreErrorsThatNameTheFirst) {
    const ParsedJson parsed =
        parse_located_json("{\"a\": 1,\n \"b\": {\"a\": 1, \"a\": 2},\n \"a\": 3}", "f");
    ASSERT_EQ(parsed.errors.size(), 2U);
    EXPECT_EQ(parsed.errors[0].to_string(),
              "f:2:16: the key \"a\" stands twice in this object; the first is at "
              "line 2, column 8; keep one of them");
    EXPECT_EQ(parsed.errors[1].place.line, 3U);
    EXPECT_EQ(parsed.errors[1].place.column, 2U);
}

TEST(LocatedJson, SyntaxErrorsSayWhereAndWhatWouldBeRight) {
    EXPECT_EQ(only_error(""), "f:1:1: not JSON: the text is empty; a value was expected");
    EXPECT_EQ(only_error("{\"a\": [1,\n2"),
              "f:2:2: not JSON: the text ends before the array opened at line 1, column 7 is closed; add the "
              "missing \"]\"");
    EXPECT_EQ(only_error("[1,\n ]"),
              "f:2:2: not JSON: the comma before this bracket is one too many; remove it");
    EXPECT_EQ(only_error("{\"a\": 1,\n}"),
              "f:2:1: not JSON: the comma before this bracket is one too many; remove it");
    EXPECT_EQ(only_error("{\"a\": 1 // x\n}"),
              "f:1:9: not JSON: comments are not allowed; use a \"comment\" key");
    EXPECT_EQ(only_error("{'a': 1}"), "f:1:2: not JSON: strings stand in double quotes");
    EXPECT_EQ(only_error("{\"a\": \"bc}"), "f:1:7: not JSON: this string has no closing quote");
    EXPECT_EQ(only_error("[1 22]").substr(0, 16), "f:1:4: not JSON:");
    EXPECT_EQ(only_error("[1] x").substr(0, 16), "f:1:5: not JSON:");
    EXPECT_EQ(only_error("{\"a\" 1}").substr(0, 16), "f:1:6: not JSON:");
    EXPECT_EQ(only_error("[1e999]").substr(0, 6), "f:1:2:");
}

TEST(LocatedJson, HostileBytesGiveOneErrorAndNoControlCharacters) {
    for (const std::string& text :
         {std::string("\0", 1), std::string("[\"\x01\"]"), std::string("[\"\xff\"]"), std::string("[\"\xc3"),
          std::string("\x1b[31m"), std::string("\xef\xbb"), std::string("[nul]"), std::string("\"\\u12\"")}) {
        const std::string error = only_error(text);
        for (const char c : error)
            EXPECT_TRUE(c >= 0x20 && c < 0x7f) << error;
    }
}

TEST(LocatedJson, DepthIsLimited) {
    EXPECT_TRUE(parse_located_json(std::string(64, '[') + std::string(64, ']'), "f").errors.empty());
    EXPECT_EQ(only_error(std::string(65, '[') + std::string(65, ']')),
              "f:1:65: nested more than 64 levels deep");
    EXPECT_EQ(only_error(std::string(1'000'000, '[')), "f:1:65: nested more than 64 levels deep");
}

} // namespace
} // namespace nfsieve
