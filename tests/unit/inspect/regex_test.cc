// SPDX-License-Identifier: GPL-2.0-or-later
// pcre in checks, on complete and on growing buffers.
#include "check_cases.h"

#include <random>

namespace nfsieve::test {
namespace {

PcreCheck dotall(std::string pattern) {
    PcreCheck check = pcre(std::move(pattern));
    check.dotall = true;
    return check;
}

PcreCheck without(PcreCheck check) {
    check.negated = true;
    return check;
}

TEST(Regex, flags_mean_what_they_do_in_pcre) {
    EXPECT_FALSE(holds(checks(pcre("abc")), "ABC"));
    PcreCheck check = pcre("abc");
    check.caseless = true;
    EXPECT_TRUE(holds(checks(check), "xABCx"));
    EXPECT_FALSE(holds(checks(pcre("a.c")), "a\nc"));
    EXPECT_TRUE(holds(checks(dotall("a.c")), "a\nc"));
    EXPECT_FALSE(holds(checks(pcre("^b$")), "a\nb\nc"));
    check = pcre("^b$");
    check.multiline = true;
    EXPECT_TRUE(holds(checks(check), "a\nb\nc"));
    EXPECT_TRUE(holds(checks(pcre("a$")), "a\n"));
    check = pcre("a$");
    check.dollar_endonly = true;
    EXPECT_FALSE(holds(checks(check), "a\n"));
    check = pcre("b");
    check.anchored = true;
    EXPECT_FALSE(holds(checks(check), "ab"));
    check = pcre(" a b # both\n");
    check.extended = true;
    EXPECT_TRUE(holds(checks(check), "ab"));
    check = pcre("a+");
    check.ungreedy = true;
    EXPECT_EQ(ask(checks(check), "aaa").end, 1U);
    EXPECT_EQ(ask(checks(pcre("a+")), "aaa").end, 3U);
}

TEST(Regex, bytes_are_bytes) {
    EXPECT_TRUE(holds(checks(pcre("^\\xff.\\x00$")), std::string_view("\xff\xc3\0", 3)));
}

TEST(Regex, a_relative_one_begins_where_the_last_match_ended) {
    EXPECT_TRUE(holds(checks(content("id="), pcre("^[0-9]+;", true)), "id=12;"));
    EXPECT_FALSE(holds(checks(content("id="), pcre("^[0-9]+;", true)), "id= 12;"));
    EXPECT_TRUE(holds(checks(content("id="), pcre("[0-9]+;", true)), "id= 12;"));
    EXPECT_FALSE(holds(checks(content("id="), pcre("[0-9]+;", true)), "12;id="));
    EXPECT_TRUE(holds(checks(content("id="), pcre("^[0-9]+;", true)), "id=x id=12;"));
}

TEST(Regex, looks_for_its_next_match_where_what_follows_fails) {
    EXPECT_TRUE(holds(checks(pcre("a[0-9]"), after("x", 0, 1)), "a1 a2 a3x"));
    EXPECT_FALSE(holds(checks(pcre("a[0-9]"), after("x", 0, 1)), "a1 a2 a3"));
    EXPECT_TRUE(holds(checks(pcre("a"), pcre("^b", true)), "aab"));
    EXPECT_FALSE(holds(checks(pcre("^a"), after("x", 0, 1)), "a\nax"));
}

TEST(Regex, a_negated_one_holds_where_nothing_matches) {
    EXPECT_TRUE(holds(checks(without(pcre("b"))), "a"));
    EXPECT_FALSE(holds(checks(without(pcre("b"))), "ab"));
    EXPECT_EQ(so_far(checks(without(pcre("b"))), "a"), Answer::undecided);
    EXPECT_EQ(so_far(checks(without(pcre("b"))), "ab"), Answer::no);
    EXPECT_EQ(so_far(checks(without(pcre("^GET"))), "PO"), Answer::yes);
    EXPECT_EQ(so_far(checks(without(pcre("^GET"))), "GE"), Answer::undecided);
}

TEST(Regex, says_yes_as_soon_as_the_bytes_are_there) {
    EXPECT_EQ(so_far(checks(pcre("cmd=[a-z]+")), "cmd=a"), Answer::yes);
    EXPECT_EQ(so_far(checks(dotall("a.*b")), "a--b--"), Answer::yes);
    EXPECT_EQ(so_far(checks(dotall("select.+from")), "select a from b"), Answer::yes);
    EXPECT_EQ(so_far(checks(pcre("\\bexec\\b")), "exec("), Answer::yes);
    EXPECT_EQ(so_far(checks(dotall("(?:(?!</x>).)+?value")), "<x> value"), Answer::undecided);
    EXPECT_EQ(so_far(checks(dotall("(?:(?!</x>).)+?value")), "<x> value 1234"), Answer::yes);
    EXPECT_EQ(so_far(checks(dotall("(?:(?!</x>).)+value")), "<x> value 1234"), Answer::yes);
}

TEST(Regex, waits_where_bytes_to_come_decide) {
    EXPECT_EQ(so_far(checks(pcre("ab")), "a"), Answer::undecided);
    EXPECT_EQ(so_far(checks(pcre("ab$")), "ab"), Answer::undecided);
    EXPECT_EQ(so_far(checks(pcre("ab$")), "ab\n"), Answer::undecided);
    EXPECT_EQ(so_far(checks(pcre("ab(?:&|$)")), "ab"), Answer::undecided);
    EXPECT_EQ(so_far(checks(pcre("ab(?:&|$)")), "ab&"), Answer::yes);
    EXPECT_EQ(so_far(checks(pcre("\\bexec\\b")), "exec"), Answer::undecided);
    EXPECT_EQ(so_far(checks(pcre("ab\\z")), "ab"), Answer::undecided);
    EXPECT_EQ(so_far(checks(pcre("ab\\Z")), "ab\n"), Answer::undecided);
    EXPECT_EQ(so_far(checks(pcre("a(?!b)")), "a"), Answer::undecided);
    EXPECT_EQ(so_far(checks(pcre("a(?!b)")), "ac.."), Answer::yes);
    EXPECT_EQ(so_far(checks(pcre("a++")), "aa"), Answer::undecided);
    EXPECT_EQ(so_far(checks(pcre("a++")), "aab"), Answer::yes);
    PcreCheck lines = pcre("^b$");
    lines.multiline = true;
    EXPECT_EQ(so_far(checks(lines), "a\nb"), Answer::undecided);
    EXPECT_EQ(so_far(checks(lines), "a\nb\n"), Answer::yes);
}

TEST(Regex, says_no_early_where_it_can_begin_at_one_place_alone) {
    EXPECT_EQ(so_far(checks(pcre("^GET")), "POST"), Answer::no);
    EXPECT_EQ(so_far(checks(pcre("^GET")), "GE"), Answer::undecided);
    EXPECT_EQ(so_far(checks(pcre("^[a-z]+$")), "ab"), Answer::undecided);
    EXPECT_EQ(so_far(checks(pcre("^[a-z]+$")), "ab1"), Answer::no);
    EXPECT_EQ(so_far(checks(pcre("GET")), "POST"), Answer::undecided);
}

TEST(Regex, does_not_take_the_first_byte_at_hand_for_the_beginning) {
    for (const char* pattern : {"^ab", "\\Aab", "\\Gab"})
        EXPECT_EQ(ask(checks(pcre(pattern)), "ab", true, 5).answer, Answer::no) << pattern;
    PcreCheck anchored = pcre("ab");
    anchored.anchored = true;
    EXPECT_EQ(ask(checks(anchored), "ab", true, 5).answer, Answer::no);
    EXPECT_EQ(ask(checks(pcre("ab")), "ab", true, 5).end, 7U);
    EXPECT_EQ(ask(checks(without(pcre("ab"))), "xx", true, 5).answer, Answer::no); // it may have been there
    EXPECT_EQ(ask(checks(content("x"), pcre("^ab", true)), "xab", true, 5).answer, Answer::yes);
}

TEST(Regex, what_a_beginning_has_decided_stays_so) {
    const char* const patterns[] = {"a+b",
                                    "^a*b$",
                                    "a$",
                                    "\\ba\\b",
                                    "\\Ba",
                                    "a(?!b)",
                                    "(?:(?!bb).)+c",
                                    "(a|ab)c?",
                                    "a++b",
                                    "(?>a|ab)c",
                                    "a\\z",
                                    "b\\Z",
                                    "^(?=.*c)a",
                                    "(?<!a)b",
                                    "(a+)\\1b",
                                    "a{2,}+",
                                    "(?i)A.*B",
                                    "[^a]\\b",
                                    "(?:a|b(?=c))+$",
                                    "a(?!b*c)",
                                    "(?!a)b",
                                    "a.*?\\bc",
                                    "^(?!.*c)b",
                                    "(?<=a)b(?!c)",
                                    "\\Aa.*c\\b",
                                    "(?:a|$)",
                                    "(?(?=a)ab|c)",
                                    "b(?!(?=a)ab)",
                                    "\\R",
                                    "(a)(?1)b",
                                    "^\\b",
                                    "$",
                                    "",
                                    "a(?!c?b|[bc]a)",
                                    "(?<!\\b)c"};
    std::mt19937 random(5);
    CheckRunner runner;
    int yes = 0, no = 0, waits = 0;
    for (const char* const pattern : patterns)
        for (const unsigned flags : {0U, 1U, 2U, 3U}) {
            PcreCheck check = pcre(pattern);
            check.multiline = (flags & 1) != 0;
            check.dotall = (flags & 2) != 0;
            const CompiledChecks positive = compiled(checks(check)),
                                 negative = compiled(checks(without(check)));
            for (int round = 0; round < 120; ++round) {
                std::string text;
                for (std::size_t i = random() % 9; i > 0; --i)
                    text.push_back("aabbbc\n\r "[random() % 9]);
                const Answer whole = runner.run(positive, {as_bytes(text), 0, true}).answer;
                ASSERT_NE(whole, runner.run(negative, {as_bytes(text), 0, true}).answer);
                for (std::size_t length = 0; length <= text.size(); ++length) {
                    const BufferBytes begin{as_bytes(text).first(length), 0, false};
                    const Answer got = runner.run(positive, begin).answer;
                    const Answer denied = runner.run(negative, begin).answer;
                    if (got == Answer::undecided) {
                        ++waits;
                        ASSERT_EQ(denied, got);
                        continue;
                    }
                    ASSERT_EQ(got, whole) << pattern << " flags " << flags << ", " << length << " of "
                                          << testing::PrintToString(text);
                    ASSERT_NE(denied, got);
                    ++(got == Answer::yes ? yes : no);
                }
            }
        }
    EXPECT_GT(yes, 10000);
    EXPECT_GT(no, 3000);
    EXPECT_GT(waits, 10000);
    EXPECT_EQ(runner.limits().regex, 0U);
}

TEST(Regex, a_deep_search_at_one_place_is_granted) {
    CheckRunner runner;
    const std::string text = "<a>" + std::string(40000, 'x') + "<soap:";
    const CompiledChecks lazy = compiled(checks(content("<a>"), pcre("^(?:(?!</service>).)+?<soap", true)));
    EXPECT_EQ(runner.run(lazy, {as_bytes(text), 0, true}).answer, Answer::yes);
    const CompiledChecks greedy = compiled(checks(dotall("a.*soap")));
    EXPECT_EQ(runner.run(greedy, {as_bytes(text), 0, true}).answer, Answer::yes);
    EXPECT_EQ(runner.limits().regex, 0U);
}

TEST(Regex, work_is_bounded_over_all_places_together) {
    CheckRunner runner;
    const CompiledChecks exponential = compiled(checks(pcre("(?:a+)+b")));
    const std::string text(5000, 'a');
    EXPECT_EQ(runner.run(exponential, {as_bytes(text + "c"), 0, true}).answer, Answer::no);
    // A letter that the pattern must have is missing above, and PCRE2 sees that at once.
    EXPECT_EQ(runner.run(exponential, {as_bytes(text + "cb"), 0, true}).answer, Answer::no);
    EXPECT_EQ(runner.limits().regex, 1U);
    const CompiledChecks negated = compiled(checks(without(pcre("(?:a+)+b"))));
    EXPECT_EQ(runner.run(negated, {as_bytes(text + "cb"), 0, true}).answer, Answer::no);
    EXPECT_EQ(runner.limits().regex, 2U);
    // Work at each place that stays below the largest limit, at very many places
    const CompiledChecks cubic = compiled(checks(dotall("a.*a.*a.*c.*d")));
    EXPECT_EQ(runner.run(cubic, {as_bytes(std::string(60000, 'a') + "dc"), 0, true}).answer, Answer::no);
    EXPECT_EQ(runner.limits().regex, 3U);
}

} // namespace
} // namespace nfsieve::test
