// SPDX-License-Identifier: GPL-2.0-or-later
#include "check_cases.h"

#include <random>

namespace nfsieve::test {
namespace {

using namespace std::string_literals;

TEST(CheckRunner, no_checks_hold_anywhere) {
    EXPECT_TRUE(holds({}, ""));
    EXPECT_EQ(so_far({}, ""), Answer::yes);
}

TEST(CheckRunner, the_end_is_that_of_the_last_byte_needed) {
    EXPECT_EQ(ask(checks(content("cd"), content("ab")), "xabcdxab").end, 5U);
    EXPECT_EQ(ask(checks(content("ab"), content("cd")), "xabcdxab").end, 5U);
    EXPECT_EQ(ask(checks(content("ab"), after("cd", 1)), "ab cd ab-cd").end, 5U);
    EXPECT_EQ(ask(checks(content("ab"), data_at(6, true)), "abcdefghij").end, 8U);
    EXPECT_EQ(ask(checks(equals(field(2, 3), 0x6465)), "abcdefghij").end, 5U);
}

TEST(CheckRunner, of_several_solutions_the_one_that_ends_first_counts) {
    // "a" at 0 and "c" far away, or "a" at 2 and "c" beside it
    EXPECT_EQ(ask(checks(content("a"), after("c", std::nullopt, 9)), "a-ac-----c").end, 4U);
    EXPECT_EQ(ask(checks(content("a"), after("b", std::nullopt, 20), after("c", 0, 1)), "ab--abc---bc").end,
              7U);
}

TEST(CheckRunner, positions_are_those_of_the_whole_buffer) {
    const Checked found = ask(checks(content("ab")), "xxab", true, 1000);
    EXPECT_EQ(found.answer, Answer::yes);
    EXPECT_EQ(found.end, 1004U);
    ContentCheck at = content("ab");
    at.offset = number(1002);
    at.depth = number(2);
    EXPECT_EQ(ask(checks(at), "xxab", true, 1000).answer, Answer::yes);
    EXPECT_EQ(ask(checks(at), "xxab", true, 1001).answer, Answer::no);
}

TEST(CheckRunner, depth_counts_from_the_offset) {
    ContentCheck check = content("ab");
    check.offset = number(2);
    check.depth = number(3);
    EXPECT_TRUE(holds(checks(check), "..ab..")); // 2 to 5
    EXPECT_TRUE(holds(checks(check), "...ab."));
    EXPECT_FALSE(holds(checks(check), "....ab"));
    EXPECT_FALSE(holds(checks(check), ".ab..."));
}

TEST(CheckRunner, within_counts_behind_the_distance) {
    EXPECT_TRUE(holds(checks(content("a"), after("b", 2, 2)), "a..xb"));
    EXPECT_TRUE(holds(checks(content("a"), after("b", 2, 2)), "a..b."));
    EXPECT_FALSE(holds(checks(content("a"), after("b", 2, 2)), "a.b.."));
    EXPECT_FALSE(holds(checks(content("a"), after("b", 2, 2)), "a....b"));
    EXPECT_TRUE(holds(checks(content("b"), after("a", -2)), "ab"));
}

TEST(CheckRunner, an_earlier_content_looks_for_its_next_occurrence) {
    EXPECT_TRUE(holds(checks(content("a"), after("b", 0, 1)), "ac-ab"));
    EXPECT_TRUE(holds(checks(content("a"), after("b", 0, 3), after("c", 0, 1)), "a-b-abbc"));
    EXPECT_TRUE(holds(checks(content("a"), equals(field(1, 0, true), '7')), "a1a2a7"));
    EXPECT_TRUE(holds(checks(content("aa"), after("b", 0, 1)), "aaab")); // overlapping
}

TEST(CheckRunner, a_negated_content_holds_where_it_is_not_in_its_window) {
    ContentCheck early = absent(content("x"));
    early.depth = number(3);
    EXPECT_TRUE(holds(checks(early), "abcx"));
    EXPECT_FALSE(holds(checks(early), "abx"));
    EXPECT_EQ(so_far(checks(early), "ab"), Answer::undecided);
    EXPECT_EQ(so_far(checks(early), "abc"), Answer::yes);
    EXPECT_EQ(so_far(checks(early), "ax"), Answer::no);
    EXPECT_TRUE(holds(checks(absent(content("x"))), ""));
    EXPECT_EQ(so_far(checks(absent(content("x"))), "abc"), Answer::undecided);
    EXPECT_TRUE(holds(checks(content("a"), absent(after("b", 0, 1))), "abac"));
    EXPECT_FALSE(holds(checks(content("a"), absent(after("b", 0, 1))), "abab"));
    // what is behind a negated one is relative to the match before it
    EXPECT_TRUE(holds(checks(content("a"), absent(after("x", 0, 2)), after("c", 1, 1)), "abc"));
}

TEST(CheckRunner, a_negated_content_does_not_hold_over_bytes_that_are_gone) {
    ContentCheck early = absent(content("xy"));
    early.depth = number(8);
    EXPECT_EQ(ask(checks(early), "abcdefgh", true, 4).answer, Answer::no);
    early.offset = number(4);
    EXPECT_EQ(ask(checks(early), "abcdefgh", true, 4).answer, Answer::yes);
}

TEST(CheckRunner, endswith_is_decided_when_the_buffer_is_complete) {
    ContentCheck end = content(".exe");
    end.ends_with = true;
    EXPECT_TRUE(holds(checks(end), "a.exe"));
    EXPECT_TRUE(holds(checks(end), ".exe.exe"));
    EXPECT_FALSE(holds(checks(end), ".exe "));
    EXPECT_EQ(so_far(checks(end), "a.exe"), Answer::undecided);
    ContentCheck not_end = absent(end);
    EXPECT_TRUE(holds(checks(not_end), ".exe "));
    EXPECT_FALSE(holds(checks(not_end), ".exe.exe"));
    EXPECT_EQ(so_far(checks(not_end), ".exe "), Answer::undecided);
    end.depth = number(4);
    EXPECT_TRUE(holds(checks(end), ".exe"));
    EXPECT_EQ(so_far(checks(end), ".exe!"), Answer::no); // longer than the depth for good
}

TEST(CheckRunner, a_content_that_may_still_come_is_undecided) {
    ContentCheck early = content("ab");
    early.depth = number(4);
    EXPECT_EQ(so_far(checks(early), ""), Answer::undecided);
    EXPECT_EQ(so_far(checks(early), "xya"), Answer::undecided);
    EXPECT_EQ(so_far(checks(early), "xyab"), Answer::yes);
    EXPECT_EQ(so_far(checks(early), "xyza"), Answer::no);
    EXPECT_EQ(so_far(checks(content("ab")), "xyza"), Answer::undecided);
    EXPECT_EQ(ask(checks(content("ab")), "xyza").answer, Answer::no);
    // one part that fails for good decides, whatever the others may become
    EXPECT_EQ(so_far(checks(content("ab"), early), "xyza"), Answer::no);
}

TEST(CheckRunner, nocase_finds_any_mixture_of_cases_and_nothing_else) {
    EXPECT_TRUE(holds(checks(nocase("CmD.eXe")), "run cMd.ExE now"));
    EXPECT_FALSE(holds(checks(nocase("[a]")), "{A}")); // those differ in the same bit as letters do
    EXPECT_FALSE(holds(checks(nocase("@")), "`"));
    EXPECT_FALSE(holds(checks(nocase("a@b")), "a`b"));
    EXPECT_FALSE(holds(checks(content("cmd")), "CMD"));
}

TEST(CheckRunner, contents_are_found_at_every_place_of_long_buffers) {
    std::mt19937 random(7);
    for (int round = 0; round < 300; ++round) {
        std::string text(100 + random() % 100, 'x');
        for (char& c : text)
            c = "xyXY"[random() % 4];
        std::string needle = "q";
        for (std::size_t i = random() % 40; i > 0; --i)
            needle += "xyXY"[random() % 4];
        const std::size_t at = random() % (text.size() - needle.size());
        text.replace(at, needle.size(), needle);
        std::string other_case = needle;
        for (char& c : other_case)
            c = static_cast<char>(c ^ 0x20);
        ASSERT_EQ(ask(checks(content(needle)), text).end, at + needle.size());
        ASSERT_EQ(ask(checks(nocase(other_case)), text).end, at + needle.size());
        ASSERT_FALSE(holds(checks(content(other_case)), text));
    }
}

TEST(CheckRunner, bytes_that_look_like_a_content_do_not_hide_it) {
    CheckRunner runner;
    const std::string needle = std::string(200, 'a') + "b" + std::string(20, 'a');
    const CompiledChecks exact = compiled(checks(content(needle)));
    const std::string text = std::string(60000, 'a') + needle;
    EXPECT_EQ(runner.run(exact, {as_bytes(text), 0, true}).end, text.size());
    EXPECT_EQ(runner.run(exact, {as_bytes(text).first(60100), 0, true}).answer, Answer::no);
    EXPECT_EQ(runner.limits().steps, 0U);
}

TEST(CheckRunner, isdataat_asks_for_bytes_behind_a_match_or_for_one_at_an_offset) {
    EXPECT_TRUE(holds(checks(data_at(3, false)), "abcd"));
    EXPECT_FALSE(holds(checks(data_at(4, false)), "abcd"));
    EXPECT_TRUE(holds(checks(content("ab"), data_at(2, true)), "abcd"));
    EXPECT_FALSE(holds(checks(content("ab"), data_at(3, true)), "abcd"));
    EXPECT_TRUE(holds(checks(content("cd"), data_at(1, true, true)), "abcd"));
    EXPECT_FALSE(holds(checks(content("bc"), data_at(1, true, true)), "abcd"));
    EXPECT_EQ(so_far(checks(content("cd"), data_at(1, true, true)), "abcd"), Answer::undecided);
    EXPECT_EQ(so_far(checks(data_at(4, false)), "abcd"), Answer::undecided);
    EXPECT_EQ(so_far(checks(data_at(3, false)), "abcd"), Answer::yes);
    EXPECT_EQ(so_far(checks(data_at(3, false, true)), "abcd"), Answer::no);
}

TEST(CheckRunner, sizes_count_bytes_that_are_gone_and_are_decided_early_where_growth_cannot_change_them) {
    const auto size = [](NumberTest::Op op, std::uint64_t first, std::uint64_t last = 0) {
        return checks(SizeCheck{{op, first, last}});
    };
    using Op = NumberTest::Op;
    EXPECT_TRUE(holds(size(Op::equal, 0), ""));
    EXPECT_TRUE(holds(size(Op::range, 2, 4), "abcd"));
    EXPECT_FALSE(holds(size(Op::range, 2, 4), "abcde"));
    EXPECT_EQ(ask(size(Op::equal, 14), "abcd", true, 10).answer, Answer::yes);
    EXPECT_EQ(so_far(size(Op::greater, 3), "abcd"), Answer::yes);
    EXPECT_EQ(so_far(size(Op::greater, 4), "abcd"), Answer::undecided);
    EXPECT_EQ(so_far(size(Op::less, 4), "abcd"), Answer::no);
    EXPECT_EQ(so_far(size(Op::less, 5), "abcd"), Answer::undecided);
    EXPECT_EQ(so_far(size(Op::equal, 3), "abcd"), Answer::no);
    EXPECT_EQ(so_far(size(Op::equal, 4), "abcd"), Answer::undecided);
    EXPECT_EQ(so_far(size(Op::not_equal, 3), "abcd"), Answer::yes);
    EXPECT_EQ(so_far(size(Op::range, 1, 3), "abcd"), Answer::no);
}

TEST(CheckRunner, byte_test_reads_binary_numbers_and_text) {
    const auto test = [](ByteField read, ByteTestCheck::Op op, std::int64_t value, bool negated = false) {
        ByteTestCheck check = equals(read, value);
        check.op = op;
        check.negated = negated;
        return checks(check);
    };
    using Op = ByteTestCheck::Op;
    ByteField little = field(2, 1);
    little.little_endian = true;
    EXPECT_TRUE(holds(test(field(2, 1), Op::equal, 0x0102), "x\1\2"s));
    EXPECT_TRUE(holds(test(little, Op::equal, 0x0201), "x\1\2"s));
    EXPECT_TRUE(holds(test(field(8, 0), Op::greater, 1), "\xff\xff\xff\xff\xff\xff\xff\xff"s));
    EXPECT_TRUE(holds(test(field(1, 0), Op::bit_and, 0x80), "\x81"s));
    EXPECT_FALSE(holds(test(field(1, 0), Op::bit_and, 0x80, true), "\x81"s));
    EXPECT_TRUE(holds(test(field(1, 0), Op::bit_or, 1), "\2"s));
    EXPECT_FALSE(holds(test(field(1, 0), Op::bit_or, 1), "\1"s)); // "^" is exclusive in Suricata
    EXPECT_TRUE(holds(test(field(4, 0, false, 10), Op::equal, 12), " 12z"));
    EXPECT_TRUE(holds(test(field(4, 0, false, 16), Op::equal, 0x1f), "0x1F"));
    EXPECT_TRUE(holds(test(field(2, 0, false, 16), Op::equal, 0), "0x"));
    EXPECT_TRUE(holds(test(field(2, 0, false, 8), Op::equal, 9), "119"));
    EXPECT_FALSE(holds(test(field(2, 0, false, 10), Op::equal, 0), "zz"));
    EXPECT_FALSE(holds(test(field(21, 0, false, 10), Op::greater, 0), "999999999999999999999"));
    ByteField high = field(1, 0);
    high.bitmask = 0xf8;
    EXPECT_TRUE(holds(test(high, Op::equal, 9), "H"));
}

TEST(CheckRunner, a_number_beyond_the_buffer_is_undecided_or_fails) {
    for (const bool negated : {false, true}) {
        ByteTestCheck test = equals(field(2, 3), 1);
        test.negated = negated;
        EXPECT_FALSE(holds(checks(test), "abcd"));
        EXPECT_EQ(so_far(checks(test), "abcd"), Answer::undecided);
    }
    EXPECT_FALSE(holds(checks(equals(field(1, -1), 1)), "abcd"));
    EXPECT_EQ(so_far(checks(equals(field(1, -1), 1)), "abcd"), Answer::no);
    EXPECT_EQ(ask(checks(equals(field(1, 0), 'a')), "abcd", true, 4).answer, Answer::no);
}

TEST(CheckRunner, byte_jump_moves_the_place_that_others_are_relative_to) {
    const auto jump = [](ByteField read, ByteJumpCheck::From from = ByteJumpCheck::From::field,
                         std::int32_t post_offset = 0, std::uint32_t multiplier = 1, bool align = false) {
        ByteJumpCheck check;
        check.field = read;
        check.from = from;
        check.post_offset = post_offset;
        check.multiplier = multiplier;
        check.align = align;
        return check;
    };
    using From = ByteJumpCheck::From;
    EXPECT_TRUE(holds(checks(jump(field(1, 0)), after("X", 0, 1)), "\3abcX"s));
    EXPECT_TRUE(holds(checks(jump(field(2, 0, false, 10)), after("X", 0, 1)), "3,abX")); // behind the digits
    EXPECT_TRUE(holds(checks(jump(field(1, 0), From::beginning), after("X", 0, 1)), "\4abcX"s));
    EXPECT_TRUE(holds(checks(jump(field(1, 0), From::end, -2), after("X", 0, 1)), "\1abcX"s));
    EXPECT_TRUE(holds(checks(jump(field(1, 0), From::field, 1, 2), after("X", 0, 1)), "\1abcX"s));
    EXPECT_TRUE(holds(checks(jump(field(1, 0), From::field, 0, 1, true), after("X", 0, 1)), "\1abcdX"s));
    // Before the beginning is the beginning; the end is outside.
    EXPECT_TRUE(
        holds(checks(content("cd"), jump(field(0, 0, true), From::field, -10), after("ab", 0, 2)), "abcde"));
    // No bytes can be read behind the last one too, and not further away.
    EXPECT_TRUE(
        holds(checks(content("cde"), jump(field(0, 0, true), From::field, -4), after("b", 0, 1)), "abcde"));
    EXPECT_FALSE(holds(checks(content("cde"), jump(field(0, 1, true), From::field, -4)), "abcde"));
    EXPECT_FALSE(holds(checks(content("cde"), jump(field(1, 0, true), From::field, -4)), "abcde"));
    EXPECT_FALSE(holds(checks(jump(field(1, 0))), "\3abc"s));
    EXPECT_EQ(so_far(checks(jump(field(1, 0))), "\3abc"s), Answer::undecided);
    EXPECT_EQ(so_far(checks(jump(field(1, 0), From::end, -2)), "\1abc"s), Answer::undecided);
    EXPECT_FALSE(holds(checks(jump(field(8, 0))), "\x7f\xff\xff\xff\xff\xff\xff\xff....."s));
    EXPECT_TRUE(holds(checks(jump(field(8, 0))), "\xff\xff\xff\xff\xff\xff\xff\xff....."s)); // one back
}

TEST(CheckRunner, extracted_numbers_serve_as_operands) {
    ByteExtractCheck extract;
    extract.field = field(1, 0);
    ContentCheck there = content("X");
    there.offset = variable(0);
    there.depth = number(1);
    EXPECT_TRUE(holds(checks(extract, there), "\4abcX"s));
    EXPECT_FALSE(holds(checks(extract, there), "\3abcX"s));
    ContentCheck near = after("X", std::nullopt);
    near.within = variable(0);
    EXPECT_TRUE(holds(checks(extract, near), "\2aX"s));
    EXPECT_FALSE(holds(checks(extract, near), "\2aaX"s));
    extract.multiplier = 2;
    EXPECT_TRUE(holds(checks(extract, there), "\2abcX"s));
    extract.multiplier = 1;
    extract.align = 4;
    EXPECT_TRUE(holds(checks(extract, there), "\1abcX"s));

    // The content before looks on where what was extracted behind it does not do.
    ByteExtractCheck behind;
    behind.field = field(1, 0, true);
    IsDataAtCheck exactly{variable(0), true, false};
    IsDataAtCheck no_more{number(0), true, true};
    no_more.offset = variable(0);
    EXPECT_TRUE(holds(checks(content("a"), behind, exactly), "a\x7f"
                                                             "a\1."s));
    EXPECT_FALSE(holds(checks(content("a"), behind, exactly), "a\x7f"
                                                              "a\2."s));
}

TEST(CheckRunner, what_was_worked_out_with_one_number_is_not_used_for_another) {
    ByteExtractCheck extract;
    extract.field = field(1, 0, true);
    IsDataAtCheck so_many = data_at(0, true);
    so_many.offset = variable(0);
    EXPECT_TRUE(holds(checks(content("a"), extract, after("b", std::nullopt, 20), so_many), "a\5a\1b."s));
    EXPECT_FALSE(holds(checks(content("a"), extract, after("b", std::nullopt, 20), so_many), "a\5a\2b."s));
}

TEST(CheckRunner, byte_math_reckons_and_masks) {
    const auto math = [](ByteMathCheck::Op op, std::int64_t value, std::uint64_t bitmask = 0) {
        ByteMathCheck check;
        check.field = field(1, 0);
        check.field.bitmask = bitmask;
        check.op = op;
        check.value = number(value);
        return check;
    };
    using Op = ByteMathCheck::Op;
    ByteTestCheck is = equals(field(1, 1), 0);
    is.value = variable(0);
    EXPECT_TRUE(holds(checks(math(Op::add, 3), is), "\2\5"s));
    EXPECT_TRUE(holds(checks(math(Op::subtract, 2), is), "\5\3"s));
    EXPECT_TRUE(holds(checks(math(Op::multiply, 3), is), "\2\6"s));
    EXPECT_TRUE(holds(checks(math(Op::divide, 2), is), "\7\3"s));
    EXPECT_TRUE(holds(checks(math(Op::shift_left, 2), is), "\2\10"s));
    EXPECT_TRUE(holds(checks(math(Op::shift_right, 1), is), "\7\3"s));
    EXPECT_TRUE(holds(checks(math(Op::shift_right, 64), is), "\7\0"s));
    EXPECT_FALSE(holds(checks(math(Op::divide, 0)), "\7\3"s));
    EXPECT_TRUE(holds(checks(math(Op::add, 1, 0xf0), is), "\x2f\3"s)); // the mask comes last
}

TEST(CheckRunner, base64_is_decoded_up_to_the_first_stranger) {
    Base64Check decode;
    decode.relative = true;
    ContentCheck start = content("\x9e");
    start.depth = number(1);
    decode.inside = checks(start);
    const std::string cookie = "foobar=np%2BA%2BbSdU3SD33cQXeLxh9gXqjV4t2Q0cOWQ20vCv74%3D";
    EXPECT_TRUE(holds(checks(content("foobar="), decode), cookie));
    decode.bytes = 2;
    EXPECT_TRUE(holds(checks(content("foobar="), decode), cookie));
    decode.inside = checks(pcre("..", false));
    EXPECT_FALSE(holds(checks(content("foobar="), decode), cookie));
    decode.bytes.reset();
    decode.inside = checks(content("Hello"), after("World", 1));
    EXPECT_TRUE(holds(checks(content("x="), decode), "x=SGVsbG8gV29ybGQ="));
    EXPECT_TRUE(holds(checks(content("x="), decode), "x=!x=SGVsbG8gV29ybGQ"));
    EXPECT_FALSE(holds(checks(content("x="), decode), "x=SGVsbG8g V29ybGQ="));
    decode.relative = false;
    decode.offset = 2;
    EXPECT_TRUE(holds(checks(decode), "x=SGVsbG8gV29ybGQ="));
    decode.offset = 18;
    EXPECT_FALSE(holds(checks(decode), "x=SGVsbG8gV29ybGQ="));
}

TEST(CheckRunner, base64_of_a_growing_buffer_is_decoded_in_whole_groups) {
    Base64Check decode;
    decode.inside = checks(content("Hel"));
    EXPECT_EQ(so_far(checks(decode), "SGV"), Answer::undecided);
    EXPECT_EQ(so_far(checks(decode), "SGVs"), Answer::yes);
    EXPECT_EQ(ask(checks(decode), "SGVsbG8g", false).end, 4U);
    EXPECT_EQ(so_far(checks(decode), "SGV!"), Answer::no);
    decode.inside = checks(absent(content("x")));
    EXPECT_EQ(so_far(checks(decode), "SGVs"), Answer::undecided);
    EXPECT_EQ(so_far(checks(decode), "SGVs."), Answer::yes);
    decode.inside.clear();
    EXPECT_EQ(so_far(checks(decode), "SGV"), Answer::undecided);
    EXPECT_EQ(so_far(checks(decode), "SGVs"), Answer::yes);
    EXPECT_EQ(so_far(checks(decode), "!"), Answer::no);
    EXPECT_TRUE(holds(checks(decode), "S"));
    EXPECT_FALSE(holds(checks(decode), "===="));
}

TEST(CheckRunner, work_is_bounded_and_what_hits_the_bound_does_not_hold) {
    CheckRunner runner;
    std::string text(60000, 'a');
    const CompiledChecks quadratic =
        compiled(checks(content("a"), after("a", std::nullopt, 30000), after("b", std::nullopt, 2)));
    EXPECT_EQ(runner.run(quadratic, {as_bytes(text), 0, true}).answer, Answer::no);
    EXPECT_EQ(runner.limits().steps, 1U);
    EXPECT_EQ(runner.limits().regex, 0U);
}

TEST(CheckRunner, decoys_before_a_chain_without_windows_cost_nothing) {
    CheckRunner runner;
    std::string text(60000, 'a');
    const CompiledChecks chain = compiled(checks(content("a"), after("a", 0), after("b", 0), after("c", 0)));
    EXPECT_EQ(runner.run(chain, {as_bytes(text), 0, true}).answer, Answer::no);
    text += "bc";
    EXPECT_EQ(runner.run(chain, {as_bytes(text), 0, true}).answer, Answer::yes);
    // with a window each place is looked at once
    std::string decoys;
    for (int i = 0; i < 5000; ++i)
        decoys += "ab..";
    const CompiledChecks windows = compiled(checks(content("ab"), after("cd", 0, 10), after("ef", 0, 2)));
    EXPECT_EQ(runner.run(windows, {as_bytes(decoys), 0, true}).answer, Answer::no);
    decoys += "cdef";
    EXPECT_EQ(runner.run(windows, {as_bytes(decoys), 0, true}).answer, Answer::yes);
    EXPECT_EQ(runner.limits().steps, 0U);
}

} // namespace
} // namespace nfsieve::test
