// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/inspect/stream_matcher.h"

#include "nfsieve/rules/compile.h"
#include "nfsieve/rules/json_reader.h"

#include <gtest/gtest.h>

#include <sstream>

namespace nfsieve {
namespace {

/// One stream to the server against rules given as the inside of a rule file's "rules" list.
class OneStream {
public:
    explicit OneStream(const std::string& rules) {
        const ReadRules read = read_rules("{\"rules\": [" + rules + "]}", "test.json");
        for (const RuleError& error : read.errors)
            ADD_FAILURE() << error.to_string();
        const Compiled compiled = compile(read.specs);
        for (const RuleError& error : compiled.errors)
            ADD_FAILURE() << error.to_string();
        matcher_ = std::make_unique<StreamMatcher>(compiled.rules, budget);
        header.client_port = 40000;
        header.server_port = 80;
        header.client = parse_prefix("192.0.2.1")->address;
        header.server = parse_prefix("198.51.100.1")->address;
    }

    /// "id@end id@end …" for the stream in pieces of `cut` bytes, with its end if `fin`.
    std::string run(std::string_view payload, std::size_t cut, bool fin = false, bool whole = true,
                    bool to_server = true) {
        MatchStream stream = matcher_->begin(to_server, header.server_port, whole);
        std::vector<Hit> hits;
        for (std::size_t at = 0; at < payload.size(); at += cut)
            EXPECT_EQ(matcher_->feed(stream, header, as_bytes(payload.substr(at, cut)), hits),
                      StreamMatcher::Outcome::fine);
        if (fin) {
            EXPECT_EQ(matcher_->finish(stream, header, hits), StreamMatcher::Outcome::fine);
        }
        matcher_->end(stream);
        EXPECT_EQ(budget.used(), 0U);
        return text(hits);
    }
    /// The same, compressed between pieces.
    std::string run_compressed(std::string_view payload, std::size_t cut, bool fin, std::size_t& freed) {
        MatchStream stream = matcher_->begin(true, header.server_port, true);
        std::vector<Hit> hits;
        for (std::size_t at = 0; at < payload.size(); at += cut) {
            EXPECT_EQ(matcher_->feed(stream, header, as_bytes(payload.substr(at, cut)), hits),
                      StreamMatcher::Outcome::fine);
            const std::size_t before = budget.used(), less = matcher_->compress(stream);
            EXPECT_EQ(budget.used(), before - less);
            EXPECT_EQ(matcher_->compress(stream), 0U);
            freed += less;
        }
        if (fin) {
            EXPECT_EQ(matcher_->finish(stream, header, hits), StreamMatcher::Outcome::fine);
        }
        matcher_->end(stream);
        EXPECT_EQ(budget.used(), 0U);
        return text(hits);
    }
    /// The same however the stream is cut, or "differs".
    std::string every_cut(std::string_view payload, bool fin = false) {
        const std::string result = run(payload, payload.size(), fin);
        for (std::size_t cut = 1; cut < payload.size(); ++cut)
            if (const std::string other = run(payload, cut, fin); other != result)
                return "differs at cut " + std::to_string(cut) + ": " + other + " instead of " + result;
        return result;
    }

    MemoryBudget budget{1 << 24};
    Header header;

private:
    [[nodiscard]] std::string text(const std::vector<Hit>& hits) const {
        std::ostringstream out;
        for (const Hit& hit : hits)
            out << (out.tellp() > 0 ? " " : "") << matcher_->rules().rules()[hit.rule].label.id << "@"
                << hit.end;
        return out.str();
    }

    std::unique_ptr<StreamMatcher> matcher_;
};

TEST(StreamMatcher, FindsALiteralHoweverTheStreamIsCut) {
    OneStream matching(
        R"({"id": "evil", "action": "drop", "match": {"payload": {"contains": "EVILPATTERN"}}})");
    EXPECT_EQ(matching.every_cut("some EVILPATTERN here"), "evil@16");
    EXPECT_EQ(matching.every_cut("some EVIL PATTERN here"), "");
}

TEST(StreamMatcher, TheMatchThatEndsFirstStandsFirst) {
    OneStream matching(R"({"id": "late", "action": "drop", "match": {"payload": {"contains": "bbbb"}}},
                         {"id": "early", "action": "drop", "match": {"payload": {"contains": "aa"}}})");
    EXPECT_EQ(matching.every_cut("xxaabbbb"), "early@4 late@8");
}

TEST(StreamMatcher, AtTheSameByteTheFirstRuleInTheFileStandsFirst) {
    OneStream matching(R"({"id": "two", "action": "drop", "match": {"payload": {"contains": "end"}}},
                         {"id": "one", "action": "drop", "match": {"payload": {"regex": "[a-z]end"}}})");
    EXPECT_EQ(matching.every_cut("xxend"), "two@5 one@5");
}

TEST(StreamMatcher, ARuleFiresOnceAStream) {
    OneStream matching(
        R"({"id": "a", "action": "alert", "match": {"any": [{"payload": {"contains": "foo"}}, {"payload": {"contains": "bar"}}]}})");
    EXPECT_EQ(matching.every_cut("foo bar foo bar"), "a@3");
}

TEST(StreamMatcher, AllNeedsEveryPartInAnyOrder) {
    OneStream matching(
        R"({"id": "a", "action": "alert", "match": {"all": [{"payload": {"contains": "foo"}}, {"payload": {"contains": "bar"}}]}})");
    EXPECT_EQ(matching.every_cut("foo and bar"), "a@11");
    EXPECT_EQ(matching.every_cut("bar and foo"), "a@11");
    EXPECT_EQ(matching.every_cut("foo foo foo"), "");
}

TEST(StreamMatcher, NotIsAskedWhenThePositivePartCompletes) {
    OneStream matching(
        R"({"id": "a", "action": "alert", "match": {"all": [{"payload": {"contains": "login"}}, {"not": {"payload": {"contains": "tls"}}}]}})");
    EXPECT_EQ(matching.every_cut("login, then tls"), "a@5");
    EXPECT_EQ(matching.every_cut("tls, then login"), "");
}

TEST(StreamMatcher, NotSeesWhatEndsAtTheSameByte) {
    OneStream matching(
        R"({"id": "a", "action": "alert", "match": {"all": [{"payload": {"contains": "word"}}, {"not": {"payload": {"contains": "password"}}}]}})");
    EXPECT_EQ(matching.every_cut("a password"), "");
    EXPECT_EQ(matching.every_cut("a crossword"), "a@11");
}

TEST(StreamMatcher, WindowsAreCountedFromTheStreamsFirstByte) {
    OneStream matching(
        R"({"id": "a", "action": "alert", "match": {"payload": {"contains": "foo", "offset": 2, "depth": 5}}})");
    EXPECT_EQ(matching.every_cut("xxfoo"), "a@5");
    EXPECT_EQ(matching.every_cut("xxxxfoo"), "a@7");
    EXPECT_EQ(matching.every_cut("xfooxxx"), "");
    EXPECT_EQ(matching.every_cut("xxxxxfoo"), "");
}

TEST(StreamMatcher, EqualsIsDecidedAtTheEnd) {
    OneStream matching(R"({"id": "a", "action": "alert", "match": {"payload": {"equals": "QUIT"}}})");
    EXPECT_EQ(matching.every_cut("QUIT", true), "a@4");
    EXPECT_EQ(matching.every_cut("QUIT", false), "");
    EXPECT_EQ(matching.every_cut("QUIT!", true), "");
    EXPECT_EQ(matching.every_cut("xQUIT", true), "");
}

TEST(StreamMatcher, PickedUpStreamMatchesNothingThatNeedsTheStart) {
    OneStream matching(R"({"id": "start", "action": "alert", "match": {"payload": {"starts_with": "GET"}}},
                         {"id": "window", "action": "alert", "match": {"payload": {"contains": "GET", "depth": 10}}},
                         {"id": "regex", "action": "alert", "match": {"payload": {"regex": "^GET"}}},
                         {"id": "free", "action": "alert", "match": {"payload": {"contains": "GET"}}})");
    EXPECT_EQ(matching.run("GET /", 5, false, false), "free@3");
    EXPECT_EQ(matching.run("GET /", 5, false, true), "start@3 window@3 regex@3 free@3");
}

TEST(StreamMatcher, DirectionAndEndsAreHeld) {
    OneStream matching(
        R"({"id": "server", "action": "alert", "direction": "to_client", "match": {"payload": {"contains": "x"}}},
                         {"id": "port", "action": "alert", "to": {"ports": [443]}, "match": {"payload": {"contains": "x"}}},
                         {"id": "lan", "action": "alert", "from": {"addresses": "10.0.0.0/8"}, "match": {"payload": {"contains": "x"}}},
                         {"id": "any", "action": "alert", "match": {"payload": {"contains": "x"}}})");
    EXPECT_EQ(matching.run("x", 1), "any@1");
    EXPECT_EQ(matching.run("x", 1, false, true, false), "server@1 any@1");
    matching.header.server_port = 443;
    EXPECT_EQ(matching.run("x", 1), "port@1 any@1");
}

/// Many regexes: each needs some state of its own.
std::string regex_rules() {
    std::string rules;
    for (int i = 0; i < 100; ++i) {
        const std::string number = std::to_string(i);
        rules += i == 0 ? "" : ",";
        rules += R"({"id": ")" + number + R"(", "action": "alert", "match": {"payload": {"regex": "begin)" +
                 number + R"([^\\n]{1,60}e+nd)" + (i % 3 == 0 ? "$" : "") + R"("}}})";
    }
    return rules;
}

TEST(StreamMatcher, WhatWasCompressedGoesOnAsIfItHadNotBeen) {
    OneStream matching(regex_rules());
    std::size_t freed = 0;
    for (const std::string payload : {"begin9 some end", "begin10 begin11 begin12 begin99\nend eeend"})
        for (const bool fin : {false, true}) {
            const std::string whole = matching.run(payload, payload.size(), fin);
            for (std::size_t cut = 1; cut < payload.size(); ++cut)
                EXPECT_EQ(matching.run_compressed(payload, cut, fin, freed), whole)
                    << payload << " by " << cut;
        }
    EXPECT_EQ(matching.run("begin9 some end", 1, true), "9@15");
    EXPECT_GT(freed, 0U);
}

TEST(StreamMatcher, WhatIsCompressedComesBackOnlyWhereThereIsMemory) {
    const ReadRules read = read_rules("{\"rules\": [" + regex_rules() + "]}", "test.json");
    const Compiled compiled = compile(read.specs);
    ASSERT_TRUE(compiled.rules);
    MemoryBudget budget(1U << 20);
    StreamMatcher matcher(compiled.rules, budget);
    MatchStream stream = matcher.begin(true, 80, true);
    std::vector<Hit> hits;
    ASSERT_EQ(matcher.feed(stream, Header(), as_bytes("begin1 12345 e"), hits), StreamMatcher::Outcome::fine);
    ASSERT_GT(matcher.compress(stream), 0U);
    const std::size_t rest = budget.limit() - budget.used();
    budget.take(rest);
    EXPECT_EQ(matcher.feed(stream, Header(), as_bytes("nd"), hits), StreamMatcher::Outcome::no_memory);
    budget.release(rest);
    EXPECT_EQ(matcher.feed(stream, Header(), as_bytes("nd"), hits), StreamMatcher::Outcome::fine);
    EXPECT_EQ(hits.size(), 1U);
    matcher.end(stream);
    EXPECT_EQ(budget.used(), 0U);
}

TEST(StreamMatcher, SaysWhenMemoryIsShort) {
    const ReadRules read =
        read_rules(R"({"rules": [{"id": "a", "action": "drop", "match": {"payload": {"contains": "x"}}}]})",
                   "test.json");
    MemoryBudget none(0);
    StreamMatcher matcher(compile(read.specs).rules, none);
    MatchStream stream = matcher.begin(true, 80, true);
    std::vector<Hit> hits;
    EXPECT_EQ(matcher.feed(stream, Header(), as_bytes("x"), hits), StreamMatcher::Outcome::no_memory);
    EXPECT_TRUE(hits.empty());
}

} // namespace
} // namespace nfsieve
