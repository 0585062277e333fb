// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/rules/compiled_checks.h"
#include "nfsieve/rules/signature.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

PcreCheck pcre(std::string pattern) {
    PcreCheck check;
    check.pattern = std::move(pattern);
    return check;
}

ContentCheck content(std::string bytes, std::optional<std::int64_t> distance = std::nullopt,
                     std::optional<std::int64_t> within = std::nullopt) {
    ContentCheck check;
    check.bytes = std::move(bytes);
    if (distance)
        check.distance = Operand{*distance, std::nullopt};
    if (within)
        check.within = Operand{*within, std::nullopt};
    return check;
}

std::string refusal(std::vector<Check> checks) {
    const Result<CompiledChecks> compiled = compile_checks(std::move(checks));
    return compiled ? std::string() : compiled.error().message;
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::vector<bool> of_steps(const CompiledChecks& checks, bool CompiledChecks::Step::*what) {
    std::vector<bool> result;
    for (const CompiledChecks::Step& step : checks.steps())
        result.push_back(step.*what);
    return result;
}

TEST(CompiledChecks, name_the_place_where_a_regex_is_wrong) {
    EXPECT_TRUE(contains(refusal({{pcre("ab(c")}}), "missing closing parenthesis, at position 4"));
    EXPECT_TRUE(contains(refusal({{pcre("a**+*")}}), "at position"));
    EXPECT_TRUE(contains(refusal({{pcre("[z-a]")}}), "position 3"));
    EXPECT_EQ(refusal({{pcre("ab(c)")}}), "");
    EXPECT_EQ(refusal({{pcre("")}}), "");
}

TEST(CompiledChecks, refuse_regexes_that_would_change_the_rules) {
    EXPECT_NE(refusal({{pcre("(*UTF)a")}}), "");
    EXPECT_TRUE(contains(refusal({{pcre("(*ANYCRLF)a")}}), "not supported"));
}

TEST(CompiledChecks, refuse_a_variable_that_is_not_set_before_in_the_same_buffer) {
    ContentCheck at = content("a");
    at.offset = Operand{0, 0};
    EXPECT_TRUE(contains(refusal({{at}}), "variable"));
    ByteExtractCheck extract;
    extract.field.count.number = 1;
    EXPECT_EQ(refusal({{extract}, {at}}), "");
    EXPECT_TRUE(contains(refusal({{at}, {extract}}), "variable"));
    Base64Check decode;
    decode.inside = {{at}};
    EXPECT_TRUE(contains(refusal({{decode}}), "variable"));
    EXPECT_EQ(refusal({{extract}, {decode}}), "");
    decode.inside = {{extract}};
    EXPECT_TRUE(contains(refusal({{decode}, {at}}), "variable"));
    extract.variable = 4'000'000'000;
    EXPECT_TRUE(contains(refusal({{extract}}), "variables"));
}

TEST(CompiledChecks, refuse_what_cannot_be_meant) {
    EXPECT_TRUE(contains(refusal({{content("")}}), "empty"));
    Base64Check decode, twice;
    twice.inside = {{decode}};
    EXPECT_EQ(refusal({{decode}}), "");
    EXPECT_TRUE(contains(refusal({{twice}}), "base64"));
    EXPECT_TRUE(contains(refusal(std::vector<Check>(1001, Check{content("a")})), "1000"));
}

TEST(CompiledChecks, fall_into_groups_that_do_not_lean_on_each_other) {
    const Result<CompiledChecks> compiled = compile_checks({{content("a")},
                                                            {content("b", 0)},
                                                            {content("c")},
                                                            {SizeCheck{}},
                                                            {content("d", 0, 5)},
                                                            {content("e")}});
    ASSERT_TRUE(compiled);
    EXPECT_EQ(of_steps(*compiled, &CompiledChecks::Step::begins_group),
              (std::vector<bool>{true, false, true, false, false, true}));
    // "b" wants nothing but to stand behind "a": the first "a" serves it best.
    EXPECT_EQ(of_steps(*compiled, &CompiledChecks::Step::tries_again),
              (std::vector<bool>{false, false, true, false, false, false}));
}

TEST(CompiledChecks, variables_tie_steps_together) {
    ByteExtractCheck extract;
    extract.field.count.number = 1;
    ContentCheck at = content("x");
    at.offset = Operand{0, 0};
    const Result<CompiledChecks> compiled = compile_checks({{extract}, {content("a")}, {at}, {content("b")}});
    ASSERT_TRUE(compiled);
    EXPECT_EQ(compiled->variables(), 1U);
    EXPECT_EQ(of_steps(*compiled, &CompiledChecks::Step::begins_group),
              (std::vector<bool>{true, false, false, true}));
    EXPECT_EQ(of_steps(*compiled, &CompiledChecks::Step::group_has_variables),
              (std::vector<bool>{true, true, true, false}));
}

std::optional<std::uint32_t> horizon(std::string pattern) {
    Result<Regex> regex = compile_regex(pcre(pattern));
    if (!regex) {
        ADD_FAILURE() << pattern << ": " << regex.error().message;
        return 9999;
    }
    return regex->horizon;
}

TEST(Regex, knows_how_far_it_looks_beyond_a_match) {
    for (const char* pattern :
         {"abc", "a.*b", "[)(?!*+]+x", "(?=ab)c", "\\$$", "(?<name>a)(?P=name)", "\\(\\?\\!", "\\Qa++\\E",
          "[[:alpha:](?!]", "[]a++]", "(?i)a(?-i:b)", "(?#a++)b", "a\\++", "(?|a|b)", "\\c(a"})
        EXPECT_EQ(horizon(pattern), 0U) << pattern;
    EXPECT_EQ(horizon("\\bab"), 1U);
    EXPECT_EQ(horizon("ab\\z"), 2U);
    EXPECT_EQ(horizon("(?:(?!</title>).)*x"), 8U);
    for (const char* pattern :
         {"a++", "a?+b", "a{2}+", "(?>ab)", "(?!a*)b", "(?!a{2,3})b", "(?=a\\b)", "(?!a$)", "(?(?=a)b|c)",
          "(a)(?1)", "a(*SKIP)b", "\\R", "(?x)a #", "(?!(?!a)b)", "(a)(?!\\1)"})
        EXPECT_EQ(horizon(pattern), std::nullopt) << pattern;
}

TEST(Regex, knows_whether_it_can_begin_anywhere) {
    const auto anchored = [](std::string pattern) {
        return compile_regex(pcre(std::move(pattern)))->anchored;
    };
    EXPECT_TRUE(anchored("^a"));
    EXPECT_TRUE(anchored("\\Aa|^b"));
    EXPECT_FALSE(anchored("^a|b"));
    EXPECT_FALSE(anchored("a"));
}

TEST(NumberTest, compares) {
    using Op = NumberTest::Op;
    const auto outcomes = [](NumberTest test) {
        std::string text;
        for (const std::uint64_t value : {3U, 4U, 5U, 6U, 7U})
            text.push_back(test.holds(value) ? '1' : '0');
        return text;
    };
    EXPECT_EQ(outcomes({Op::equal, 5, 0}), "00100");
    EXPECT_EQ(outcomes({Op::not_equal, 5, 0}), "11011");
    EXPECT_EQ(outcomes({Op::less, 5, 0}), "11000");
    EXPECT_EQ(outcomes({Op::greater, 5, 0}), "00011");
    EXPECT_EQ(outcomes({Op::less_equal, 5, 0}), "11100");
    EXPECT_EQ(outcomes({Op::greater_equal, 5, 0}), "00111");
    EXPECT_EQ(outcomes({Op::range, 4, 6}), "01110");
}

TEST(FlagsTest, tests_tcp_flags_as_suricata_does) {
    using Mode = FlagsTest::Mode;
    constexpr std::uint8_t fin = 1, syn = 2, ack = 16, ece = 64, cwr = 128;
    const auto both = static_cast<std::uint8_t>(syn | ack);
    EXPECT_TRUE((FlagsTest{syn, 0, Mode::exactly}.holds(syn)));
    EXPECT_FALSE((FlagsTest{syn, 0, Mode::exactly}.holds(both)));
    EXPECT_TRUE((FlagsTest{syn, ece | cwr, Mode::exactly}.holds(syn | ece | cwr)));
    EXPECT_FALSE((FlagsTest{syn, 0, Mode::exactly}.holds(syn | ece)));
    EXPECT_TRUE((FlagsTest{both, 0, Mode::all}.holds(syn | ack | fin)));
    EXPECT_FALSE((FlagsTest{both, 0, Mode::all}.holds(syn | fin)));
    EXPECT_TRUE((FlagsTest{both, 0, Mode::any}.holds(syn)));
    EXPECT_FALSE((FlagsTest{both, 0, Mode::any}.holds(fin)));
    EXPECT_TRUE((FlagsTest{both, 0, Mode::not_any}.holds(syn)));
    EXPECT_FALSE((FlagsTest{both, 0, Mode::not_any}.holds(both)));
    EXPECT_TRUE((FlagsTest{0, 0, Mode::exactly}.holds(0)));
    EXPECT_FALSE((FlagsTest{0, ece, Mode::exactly}.holds(ece)));
    EXPECT_TRUE((FlagsTest{0, 0, Mode::not_any}.holds(ack)));
}

} // namespace
} // namespace nfsieve
