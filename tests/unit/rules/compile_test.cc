// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/rules/compile.h"
#include "nfsieve/rules/json_reader.h"

#include <gtest/gtest.h>
#include <map>

namespace nfsieve {
namespace {

using Ends = std::map<std::uint32_t, std::uint64_t>; ///< pattern -> end of its match
using Errors = std::vector<std::string>;

Compiled compile_text(const std::string& text) {
    const ReadRules read = read_rules(text, "f");
    for (const RuleError& error : read.errors)
        ADD_FAILURE() << error.to_string();
    return compile(read.specs);
}

/// Rules r0, r1, … with these "match" objects.
std::string rule_file(const std::vector<std::string>& matches, const std::string& common = "") {
    std::string text = "{\"rules\": [";
    for (std::size_t i = 0; i < matches.size(); ++i)
        text += std::string(i == 0 ? "" : ",\n") + "{\"id\": \"r" + std::to_string(i) +
                "\", \"action\": \"drop\"" + common + ", \"match\": " + matches[i] + "}";
    return text + "]}";
}

std::shared_ptr<const RuleSet> good(const std::string& text) {
    const Compiled compiled = compile_text(text);
    for (const RuleError& error : compiled.errors)
        ADD_FAILURE() << error.to_string();
    return compiled.rules;
}

std::shared_ptr<const RuleSet> payload(const std::string& members) {
    return good(rule_file({"{\"payload\": {" + members + "}}"}));
}

Errors errors(const std::string& text) {
    const Compiled compiled = compile_text(text);
    EXPECT_EQ(compiled.rules, nullptr);
    Errors words;
    for (const RuleError& error : compiled.errors)
        words.push_back(error.to_string());
    return words;
}

int note(unsigned id, unsigned long long, unsigned long long to, unsigned, void* context) {
    auto& ends = *static_cast<Ends*>(context);
    EXPECT_EQ(ends.count(id), 0U) << "a pattern is reported once a stream";
    ends.emplace(id, to);
    return 0;
}

/// Feeds a stream in chunks and closes it.
Ends scan(const RuleSet& rules, const Group& group, const std::string& bytes, std::size_t chunk) {
    hs_scratch_t* raw = nullptr;
    EXPECT_EQ(hs_clone_scratch(rules.scratch(), &raw), HS_SUCCESS);
    const HsScratch scratch(raw);
    hs_stream_t* stream = nullptr;
    EXPECT_EQ(hs_open_stream(group.database.get(), 0, &stream), HS_SUCCESS);
    Ends ends;
    for (std::size_t at = 0; at < bytes.size(); at += chunk) {
        const auto length = static_cast<unsigned>(std::min(chunk, bytes.size() - at));
        EXPECT_EQ(hs_scan_stream(stream, bytes.data() + at, length, 0, scratch.get(), note, &ends),
                  HS_SUCCESS);
    }
    EXPECT_EQ(hs_close_stream(stream, scratch.get(), note, &ends), HS_SUCCESS);
    return ends;
}

/// The end of pattern 0's match, or -1; the same however the bytes are cut.
std::int64_t match_end(const RuleSet& rules, const std::string& bytes) {
    const Group* group = rules.group(true, 80);
    EXPECT_NE(group, nullptr);
    const Ends whole = scan(rules, *group, bytes, bytes.size() + 1);
    for (const std::size_t chunk : {1U, 2U, 3U, 7U})
        EXPECT_EQ(scan(rules, *group, bytes, chunk), whole) << "in chunks of " << chunk;
    const auto found = whole.find(0);
    return found == whole.end() ? -1 : static_cast<std::int64_t>(found->second);
}

TEST(CompiledPattern, ALiteralIsFoundAnywhereAndEndsWhereItEnds) {
    const auto rules = payload(R"("contains": "a.c")");
    EXPECT_EQ(match_end(*rules, "xxa.cxxa.c"), 5);
    EXPECT_EQ(match_end(*rules, "abc"), -1);
    EXPECT_EQ(match_end(*rules, "A.C"), -1);
    EXPECT_FALSE(rules->patterns()[0].needs_start);
}

TEST(CompiledPattern, EveryByteCanBePartOfALiteral) {
    std::string hex, bytes;
    for (int i = 0; i < 256; ++i) {
        constexpr const char* digits = "0123456789abcdef";
        hex += std::string() + digits[i / 16] + digits[i % 16] + " ";
        bytes += static_cast<char>(i);
    }
    EXPECT_EQ(match_end(*payload("\"contains\": {\"hex\": \"" + hex + "\"}"), "x" + bytes), 257);
}

TEST(CompiledPattern, NocaseIsAboutAsciiLetters) {
    const auto rules = payload(R"("contains": "GeT /\u00e4", "nocase": true)");
    EXPECT_EQ(match_end(*rules, "gEt /\xc3\xa4"), 7);
    EXPECT_EQ(match_end(*rules, "gEt /\xc3\x84"), -1);
}

TEST(CompiledPattern, StartsWithIsTiedToTheStart) {
    const auto rules = payload(R"("starts_with": "GET")");
    EXPECT_EQ(match_end(*rules, "GET /"), 3);
    EXPECT_EQ(match_end(*rules, " GET /"), -1);
    EXPECT_EQ(match_end(*rules, "\nGET /"), -1);
    EXPECT_TRUE(rules->patterns()[0].needs_start);
    EXPECT_EQ(rules->rules()[0].last_offset, 3U);
}

TEST(CompiledPattern, StartsWithAndOffsetBeginsExactlyThere) {
    const auto rules = payload(R"("starts_with": "GET", "offset": 2)");
    EXPECT_EQ(match_end(*rules, "xxGET"), 5);
    EXPECT_EQ(match_end(*rules, "xGET"), -1);
    EXPECT_EQ(match_end(*rules, "xxxGET"), -1);
    EXPECT_TRUE(rules->patterns()[0].needs_start);
}

TEST(CompiledPattern, OffsetAndDepthBoundWhereALiteralStands) {
    const auto rules = payload(R"("contains": "ab", "offset": 2, "depth": 4)");
    EXPECT_EQ(match_end(*rules, "abab"), 4);
    EXPECT_EQ(match_end(*rules, "xabx"), -1);
    EXPECT_EQ(match_end(*rules, "xxxxab"), 6);
    EXPECT_EQ(match_end(*rules, "xxxxxab"), -1);
    EXPECT_TRUE(rules->patterns()[0].needs_start);
    EXPECT_EQ(rules->rules()[0].last_offset, 6U);
}

TEST(CompiledPattern, ALargeOffsetOfALiteralIsExact) {
    const auto rules = payload(R"("contains": "ab", "offset": 100000)");
    EXPECT_EQ(match_end(*rules, std::string(99999, 'x') + "ab"), -1);
    EXPECT_EQ(match_end(*rules, std::string(100000, 'x') + "ab"), 100002);
    EXPECT_EQ(rules->rules()[0].last_offset, no_limit);
}

TEST(CompiledPattern, EqualsIsDecidedAtTheEndOfTheStream) {
    const auto rules = payload(R"("equals": "quit")");
    EXPECT_EQ(match_end(*rules, "quit"), 4);
    EXPECT_EQ(match_end(*rules, "quit\n"), -1);
    EXPECT_EQ(match_end(*rules, "xquit"), -1);
    EXPECT_EQ(match_end(*rules, "qui"), -1);
    EXPECT_TRUE(rules->patterns()[0].decided_at_end);
    EXPECT_TRUE(rules->group(true, 80)->any_at_end);
    EXPECT_EQ(rules->rules()[0].last_offset, 5U);
}

TEST(CompiledPattern, ARegexMatchesAcrossChunksAndEndsAtItsShortest) {
    const auto rules = payload(R"("regex": "SECRETFLAG[0-9]+X", "nocase": true)");
    EXPECT_EQ(match_end(*rules, "..secretFLAG77X88X"), 15);
    EXPECT_EQ(match_end(*rules, "SECRETFLAG"), -1);
    EXPECT_FALSE(rules->group(true, 80)->any_at_end);
    EXPECT_EQ(rules->rules()[0].last_offset, no_limit);
}

TEST(CompiledPattern, ADotIsNoNewlineUnlessTheRegexSaysSo) {
    EXPECT_EQ(match_end(*payload(R"("regex": "a.b")"), "a\nb"), -1);
    EXPECT_EQ(match_end(*payload(R"("regex": "(?s)a.b")"), "a\nb"), 3);
    EXPECT_EQ(match_end(*payload(R"("regex": "a.b", "offset": 1)"), "\na\nb"), -1);
    EXPECT_EQ(match_end(*payload(R"("regex": "a.b", "offset": 1)"), "\naxb"), 4);
}

TEST(CompiledPattern, OffsetAndDepthBoundARegex) {
    const auto rules = payload(R"("regex": "ab+c|de", "offset": 3, "depth": 5)");
    EXPECT_EQ(match_end(*rules, "abcabc"), 6);
    EXPECT_EQ(match_end(*rules, "xxabc"), -1);
    EXPECT_EQ(match_end(*rules, "xxxabbbc"), 8);
    EXPECT_EQ(match_end(*rules, "xxxabbbbc"), -1);
    EXPECT_EQ(match_end(*rules, "xxde"), -1);
    EXPECT_EQ(match_end(*rules, "xxxde"), 5);
    EXPECT_TRUE(rules->patterns()[0].needs_start);
    EXPECT_EQ(rules->rules()[0].last_offset, 9U);
    EXPECT_EQ(match_end(*payload(R"("regex": "ab", "offset": 1500)"), std::string(1500, 'x') + "ab"), 1502);
}

TEST(CompiledPattern, AnEndAnchorIsDecidedAtTheEnd) {
    const auto rules = payload(R"("regex": "^foo\\d$")");
    EXPECT_EQ(match_end(*rules, "foo1"), 4);
    EXPECT_EQ(match_end(*rules, "foo1\n"), 4);
    EXPECT_EQ(match_end(*rules, "foo1\n\n"), -1);
    EXPECT_TRUE(rules->group(true, 80)->any_at_end);
    EXPECT_EQ(rules->rules()[0].last_offset, 5U);
}

TEST(CompiledPattern, ARegexThatBeginsWithAnAnchorNeedsTheStart) {
    const auto needs_start = [](const std::string& regex) {
        return payload("\"regex\": \"" + regex + "\"")->patterns()[0].needs_start;
    };
    for (const char* regex : {"^GET", "\\\\AGET", "GET|^POST", "(?i)^GET", "(^GET|^POST) /",
                              "(?:(?i:^a)|^b)c", "(?#c)^GET", "(?<n>^a)b"})
        EXPECT_TRUE(needs_start(regex)) << regex;
    for (const char* regex :
         {"GET", "[^G]ET", "\\\\^GET", "(^|\\\\n)Host:", "(?m)^Host:", "[]^]a", "a[[:alpha:]^]|b", "(^a)?b"})
        EXPECT_FALSE(needs_start(regex)) << regex;
}

TEST(CompiledPattern, OnlyAWhollyAnchoredRegexIsBounded) {
    const auto last = [](const std::string& regex) {
        return payload("\"regex\": \"" + regex + "\"")->rules()[0].last_offset;
    };
    EXPECT_EQ(last("^GET /x{0,3}y"), 10U);
    EXPECT_EQ(last("(^a|^bcd)e"), 5U);
    EXPECT_EQ(last("^GET|POST"), no_limit);
    EXPECT_EQ(last("^a.*b"), no_limit);
    EXPECT_EQ(last("GET"), no_limit);
}

TEST(Compile, PatternsAreSharedAndKnowTheirRules) {
    const auto rules =
        good(rule_file({R"({"payload": {"contains": "abc"}})",
                        R"({"all": [{"payload": {"contains": "x"}}, {"payload": {"contains": "abc"}}]})",
                        R"({"payload": {"contains": "ABC", "nocase": true}})",
                        R"({"payload": {"contains": "abc", "nocase": true}})",
                        R"({"payload": {"contains": "abc", "depth": 9}})"}));
    ASSERT_EQ(rules->patterns().size(), 4U);
    EXPECT_EQ(rules->patterns()[0].rules, (std::vector<std::uint32_t>{0, 1}));
    EXPECT_EQ(rules->patterns()[2].rules, (std::vector<std::uint32_t>{2, 3}));
    EXPECT_TRUE(rules->rules()[0].simple);
    EXPECT_FALSE(rules->rules()[1].simple);
    const Ends ends = scan(*rules, *rules->group(true, 1), "abcx", 9);
    EXPECT_EQ(ends, (Ends{{0, 3}, {1, 4}, {2, 3}, {3, 3}}));
}

TEST(Compile, TreesAreLaidOutParentsFirstAndWithoutNeedlessNodes) {
    const auto rules = good(rule_file({R"({"all": [{"all": [{"payload": {"contains": "a"}}]},
        {"not": {"not": {"payload": {"contains": "b"}}}}, {"not": {"payload": {"contains": "c"}}}]})",
                                       R"({"any": [{"payload": {"contains": "a"}}]})"}));
    const auto& nodes = rules->rules()[0].nodes;
    ASSERT_EQ(nodes.size(), 5U);
    EXPECT_EQ(nodes[0].kind, MatchSpec::Kind::all);
    EXPECT_EQ(nodes[0].children, (std::vector<std::uint32_t>{1, 2, 3}));
    EXPECT_EQ(nodes[3].kind, MatchSpec::Kind::not_);
    EXPECT_EQ(nodes[3].children, std::vector<std::uint32_t>{4});
    EXPECT_EQ(nodes[4].pattern, 2U);
    EXPECT_TRUE(rules->rules()[1].simple);
}

TEST(Compile, WhatANotLooksForDoesNotProlongARule) {
    const auto rules =
        good(rule_file({R"({"payload": {"starts_with": "GET"}, "not": {"payload": {"contains": "b"}}})",
                        R"({"payload": {"starts_with": "GET"}, "any": [{"payload": {"contains": "b"}}]})"}));
    EXPECT_EQ(rules->rules()[0].last_offset, 3U);
    EXPECT_EQ(rules->rules()[1].last_offset, no_limit);
}

TEST(Compile, EveryBadPatternOfEveryRuleIsNamedAtItsPlace) {
    const Errors found = errors(rule_file(
        {R"j({"payload": {"regex": "(a)\\1"}})j", R"({"payload": {"contains": "fine"}})",
         R"j({"all": [{"payload": {"regex": "a(b"}}, {"payload": {"regex": "a(?=b)"}}]})j",
         R"({"payload": {"regex": "a*"}})", R"j({"payload": {"regex": "(a)\\1"}})j",
         R"({"payload": {"regex": "\\b"}})", R"({"payload": {"regex": "abc", "depth": 2}})",
         R"({"payload": {"regex": "abc", "offset": 32768}})",
         R"({"payload": {"regex": "^abc", "offset": 1}})", R"({"payload": {"regex": "a{40000}"}})"}));
    ASSERT_EQ(found.size(), 10U);
    EXPECT_EQ(found[0],
              "f:1:74: rule r0: Vectorscan cannot match this: Back-references are unsupported; spell out "
              "what is repeated");
    EXPECT_NE(found[1].find(": rule r2: Vectorscan cannot match this: Missing close parenthesis"),
              std::string::npos)
        << found[1];
    EXPECT_NE(found[2].find("rule r2"), std::string::npos);
    EXPECT_NE(found[2].find("combine several matches"), std::string::npos);
    EXPECT_NE(found[3].find("matches the empty string"), std::string::npos);
    EXPECT_NE(found[4].find("rule r4: Vectorscan cannot match this: Back-references"), std::string::npos);
    EXPECT_NE(found[5].find("matches the empty string"), std::string::npos);
    EXPECT_NE(found[6].find("\"depth\" is 2 but this regex needs at least 3 bytes"), std::string::npos);
    EXPECT_NE(found[7].find("at most 32767"), std::string::npos);
    EXPECT_NE(found[8].find("can only begin a regex"), std::string::npos);
    EXPECT_NE(found[9].find("a repeat goes up to 32767"), std::string::npos);
}

TEST(Compile, WhatShowsOnlyWhenCompilingIsNamedToo) {
    const std::string wide(20000, 'a');
    const Errors found = errors(
        rule_file({R"({"payload": {"contains": "fine"}})", "{\"payload\": {\"contains\": \"" + wide + "\"}}",
                   "{\"payload\": {\"starts_with\": \"" + wide + "\"}}"}));
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].find("f:2:"), 0U);
    EXPECT_NE(found[0].find("rule r1: "), std::string::npos);
    EXPECT_NE(found[0].find("16,000 characters"), std::string::npos);
    EXPECT_NE(found[1].find("rule r2: "), std::string::npos);
}

TEST(Compile, ARuleThatIsTrueOfNothingIsRefused) {
    for (const char* match :
         {R"({"not": {"payload": {"contains": "a"}}})",
          R"({"any": [{"payload": {"contains": "a"}}, {"not": {"payload": {"contains": "b"}}}]})",
          R"({"all": [{"not": {"payload": {"contains": "a"}}}, {"not": {"payload": {"contains": "b"}}}]})"}) {
        const Errors found = errors(rule_file({match}));
        ASSERT_EQ(found.size(), 1U) << match;
        EXPECT_NE(found[0].find("stream that says nothing"), std::string::npos);
    }
}

TEST(Compile, ConnectionRulesStandApart) {
    const auto rules =
        good(R"({"default": "reject", "rules": [{"id": "c", "action": "alert", "to": {"ports": 8080}},
        {"id": "p", "action": "drop", "match": {"payload": {"contains": "a"}}}]})");
    EXPECT_EQ(std::vector<std::uint32_t>(rules->connection_rules().begin(), rules->connection_rules().end()),
              std::vector<std::uint32_t>{0});
    EXPECT_TRUE(rules->rules()[0].nodes.empty());
    EXPECT_EQ(rules->rules()[0].last_offset, 0U);
    EXPECT_EQ(rules->default_action(), Action::reject);
    EXPECT_EQ(rules->group(true, 8080)->rules, std::vector<std::uint32_t>{1});
}

TEST(Compile, AnEmptySetHasNoGroups) {
    const auto rules = good(R"({"rules": []})");
    EXPECT_EQ(rules->group(true, 80), nullptr);
    EXPECT_EQ(rules->group(false, 80), nullptr);
    EXPECT_EQ(rules->scratch(), nullptr);
}

TEST(Fingerprint, ChangesWithWhatARuleMatchesAndOnlyWithThat) {
    const auto of = [](const std::string& members) {
        return good("{\"rules\": [{\"id\": \"r\", " + members + "}]}")->rules()[0].fingerprint;
    };
    const std::string match = R"("match": {"payload": {"contains": "a"}})";
    const auto base = of(R"("action": "drop", )" + match);
    EXPECT_EQ(base, of(R"("action": "alert", "log": false, "message": "m", "severity": 1, )" + match));
    EXPECT_EQ(base, of(R"("action": "drop", "match": {"all": [{"payload": {"contains": "a"}}]})"));
    EXPECT_NE(base, of(R"("action": "drop", "direction": "to_client", )" + match));
    EXPECT_NE(base, of(R"("action": "drop", "to": {"ports": 80}, )" + match));
    EXPECT_NE(base, of(R"("action": "drop", "from": {"addresses": "10.0.0.0/8"}, )" + match));
    EXPECT_NE(base, of(R"("action": "drop", "match": {"payload": {"contains": "a", "nocase": true}})"));
    EXPECT_NE(base, of(R"("action": "drop")"));
}

TEST(Compile, TenThousandLiteralsCompileInSeconds) {
    std::vector<std::string> matches;
    std::uint32_t state = 1;
    for (int i = 0; i < 10000; ++i) {
        std::string literal;
        for (int k = 0; k < 12; ++k) {
            state = state * 1664525 + 1013904223;
            literal += static_cast<char>('a' + (state >> 24) % 26);
        }
        matches.push_back("{\"payload\": {\"contains\": \"" + literal + "\"}}");
    }
    const auto rules = good(rule_file(matches));
    ASSERT_EQ(rules->groups().size(), 1U);
    EXPECT_EQ(rules->patterns().size(), 10000U);
    EXPECT_LT(rules->groups()[0].stream_size, 4096U);
}

} // namespace
} // namespace nfsieve
