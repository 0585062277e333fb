// SPDX-License-Identifier: GPL-2.0-or-later
// Random checks on random bytes of a small alphabet, held against a search that tries everything.
#include "check_cases.h"
#include "naive_checks.h"

#include <random>
#include <sstream>

namespace nfsieve::test {
namespace {

class Dice {
public:
    explicit Dice(unsigned seed) : engine_(seed) {}
    long roll(long low, long high) { return std::uniform_int_distribution<long>(low, high)(engine_); }
    bool one_in(long n) { return roll(1, n) == 1; }

    std::string bytes(long length) {
        std::string text;
        for (long i = 0; i < length; ++i)
            text.push_back("ab\1\2B3"[roll(0, 5) % (wide ? 6 : 2)]);
        return text;
    }
    bool wide = false;

private:
    std::mt19937 engine_;
};

class Maker {
public:
    explicit Maker(Dice& dice) : dice_(dice) {}

    std::vector<Check> list() {
        std::vector<Check> result;
        const long count = dice_.roll(1, 5);
        for (long i = 0; i < count; ++i)
            result.push_back(one());
        return result;
    }

private:
    Operand some(long low, long high) {
        if (variables_ > 0 && dice_.one_in(3))
            return variable(static_cast<std::uint32_t>(dice_.roll(0, variables_ - 1)));
        return number(dice_.roll(low, high));
    }

    ByteField some_field() {
        ByteField result = field(dice_.roll(1, 2), 0, dice_.one_in(2), dice_.one_in(5) ? 10 : 0);
        result.offset = some(result.relative ? -2 : 0, 3);
        result.little_endian = dice_.one_in(3);
        return result;
    }

    Check one() {
        switch (dice_.roll(0, 12)) {
        case 0: {
            ByteTestCheck test;
            test.field = some_field();
            test.op = dice_.one_in(2) ? ByteTestCheck::Op::equal : ByteTestCheck::Op::less;
            test.value = some(0, 3);
            test.negated = dice_.one_in(3);
            return {test};
        }
        case 1: {
            ByteJumpCheck jump;
            jump.field = some_field();
            jump.from = static_cast<ByteJumpCheck::From>(dice_.roll(0, 2));
            jump.multiplier = dice_.one_in(3) ? 2 : 1;
            jump.align = dice_.one_in(3);
            jump.post_offset = static_cast<std::int32_t>(dice_.roll(-4, 2));
            return {jump};
        }
        case 2: {
            ByteExtractCheck extract;
            extract.field = some_field();
            extract.variable = static_cast<std::uint32_t>(variables_++);
            return {extract};
        }
        case 3: {
            ByteMathCheck math;
            math.field = some_field();
            math.value = some(0, 3);
            math.variable = static_cast<std::uint32_t>(variables_++);
            return {math};
        }
        case 4:
            return {IsDataAtCheck{some(0, 4), dice_.one_in(2), dice_.one_in(2)}};
        case 5:
            return {SizeCheck{{static_cast<NumberTest::Op>(dice_.roll(0, 6)),
                               static_cast<std::uint64_t>(dice_.roll(0, 8)),
                               static_cast<std::uint64_t>(dice_.roll(0, 12))}}};
        default:
            return {some_content()};
        }
    }

    ContentCheck some_content() {
        ContentCheck check = content(dice_.bytes(dice_.roll(1, 3)));
        check.negated = dice_.one_in(4);
        check.nocase = dice_.one_in(4);
        check.ends_with = dice_.one_in(8);
        if (dice_.one_in(2)) {
            if (dice_.one_in(2))
                check.distance = some(-2, 3);
            if (dice_.one_in(2) || !check.distance)
                check.within = some(1, 5);
        } else {
            if (dice_.one_in(3))
                check.offset = some(0, 4);
            if (dice_.one_in(3))
                check.depth = some(1, 6);
        }
        return check;
    }

    Dice& dice_;
    long variables_ = 0;
};

std::string described(const std::vector<Check>& list) {
    std::ostringstream out;
    const auto operand = [](const std::optional<Operand>& it) {
        return !it            ? std::string("-")
               : it->variable ? "v" + std::to_string(*it->variable)
                              : std::to_string(it->number);
    };
    for (const Check& check : list) {
        out << check.what.index();
        if (const auto* it = std::get_if<ContentCheck>(&check.what))
            out << (it->negated ? " !" : " ") << it->bytes << " offset " << operand(it->offset) << " depth "
                << operand(it->depth) << " distance " << operand(it->distance) << " within "
                << operand(it->within) << (it->ends_with ? " endswith" : "") << (it->nocase ? " nocase" : "");
        out << "; ";
    }
    return out.str();
}

TEST(CheckProperty, the_answer_is_that_of_a_search_that_tries_everything) {
    Dice dice(1);
    CheckRunner runner;
    int solved = 0;
    for (int round = 0; round < 40000; ++round) {
        dice.wide = round % 2 == 0;
        const std::vector<Check> list = Maker(dice).list();
        const std::string buffer = dice.bytes(dice.roll(0, 12));
        const std::optional<long> expected = NaiveChecks(list, buffer).solve();
        const Checked got = runner.run(compiled(list), {as_bytes(buffer), 0, true});
        ASSERT_EQ(got.answer, expected ? Answer::yes : Answer::no)
            << described(list) << " on " << testing::PrintToString(buffer);
        if (expected) {
            ASSERT_EQ(got.end, static_cast<std::uint64_t>(*expected))
                << described(list) << " on " << testing::PrintToString(buffer);
            ++solved;
        }
    }
    EXPECT_GT(solved, 4000);
    EXPECT_EQ(runner.limits().steps, 0U);
}

TEST(CheckProperty, what_a_beginning_has_decided_stays_so) {
    Dice dice(2);
    CheckRunner runner;
    int early = 0;
    for (int round = 0; round < 12000; ++round) {
        dice.wide = round % 2 == 0;
        const CompiledChecks list = compiled(Maker(dice).list());
        const std::string buffer = dice.bytes(dice.roll(1, 12));
        const Checked whole = runner.run(list, {as_bytes(buffer), 0, true});
        for (std::size_t length = 0; length <= buffer.size(); ++length) {
            const Checked got = runner.run(list, {as_bytes(buffer).first(length), 0, false});
            if (got.answer == Answer::undecided)
                continue;
            ASSERT_EQ(got.answer, whole.answer) << length << " of " << testing::PrintToString(buffer);
            if (got.answer == Answer::yes) {
                ASSERT_LE(whole.end, got.end);
                ASSERT_LE(got.end, length);
            }
            ++early;
        }
    }
    EXPECT_GT(early, 10000);
}

TEST(CheckProperty, without_its_beginning_a_buffer_satisfies_no_more) {
    Dice dice(3);
    CheckRunner runner;
    int held = 0;
    for (int round = 0; round < 12000; ++round) {
        dice.wide = round % 2 == 0;
        const CompiledChecks list = compiled(Maker(dice).list());
        const std::string buffer = dice.bytes(dice.roll(1, 12));
        const Checked whole = runner.run(list, {as_bytes(buffer), 0, true});
        for (std::size_t gone = 1; gone <= buffer.size(); ++gone) {
            const Checked got = runner.run(list, {as_bytes(buffer).subspan(gone), gone, true});
            ASSERT_NE(got.answer, Answer::undecided);
            if (got.answer == Answer::no)
                continue;
            ASSERT_EQ(whole.answer, Answer::yes) << gone << " of " << testing::PrintToString(buffer);
            ASSERT_LE(whole.end, got.end);
            ++held;
        }
    }
    EXPECT_GT(held, 3000);
}

TEST(CheckProperties, ARegexThatForgetsIsSearchedOnceAndSaysTheSame) {
    Dice dice(7);
    dice.wide = true;
    CheckRunner runner;
    std::size_t yes = 0, spared = 0;
    for (int round = 0; round < 20000; ++round) {
        std::string pattern;
        for (long parts = dice.roll(1, 3); parts > 0; --parts)
            pattern +=
                std::vector<std::string>{
                    "a",       "b+",     ".",     ".*?", "[^a]",    "(?:a|bb)",
                    "(a|b)+?", "b{1,2}", "(?=b)", "B3?", "(?:ab)*", "[ab]{2}"}[static_cast<std::size_t>(
                    dice.roll(0, 11))];
        const bool relative = !dice.one_in(4);
        const auto list = [&](const std::string& its) {
            std::vector<Check> all = checks(content(dice.wide ? "a" : "b"));
            PcreCheck regex = pcre(its, relative);
            regex.caseless = false;
            all.push_back({std::move(regex)});
            return all;
        };
        std::vector<Check> forgets = list(pattern), looks_behind = list("(?<!\x7f)(?:" + pattern + ")");
        if (!dice.one_in(3)) {
            const ContentCheck last = after(dice.bytes(1), dice.roll(0, 2), dice.roll(1, 4));
            forgets.push_back({last});
            looks_behind.push_back({last});
        }
        const std::string text = dice.bytes(dice.roll(1, 30));
        const Checked one = runner.run(compiled(forgets), {as_bytes(text), 0, true});
        const std::int64_t spent = runner.spent();
        const Checked other = runner.run(compiled(looks_behind), {as_bytes(text), 0, true});
        EXPECT_EQ(one.answer, other.answer) << pattern << " in " << text;
        EXPECT_EQ(one.end, other.end) << pattern << " in " << text;
        yes += one.answer == Answer::yes;
        spared += spent < runner.spent();
    }
    EXPECT_GT(yes, 4000U);
    EXPECT_GT(spared, 2000U);
}

TEST(CheckProperties, ManyPlacesForOneRegexCostOneSearch) {
    std::string text;
    for (int i = 0; i < 400; ++i)
        text += "=value";
    CheckRunner runner;
    const auto cost = [&](const char* pattern) {
        EXPECT_EQ(
            runner.run(compiled(checks(content("="), pcre(pattern, true))), {as_bytes(text), 0, true}).answer,
            Answer::no);
        return runner.spent();
    };
    EXPECT_LT(20 * cost("val[^u]"), cost("(?<!Q)val[^u]"));
}

} // namespace
} // namespace nfsieve::test
