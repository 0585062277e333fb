// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/rules/compile.h"
#include "nfsieve/rules/json_reader.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

std::string rule_about(const std::string& id, const std::string& ports,
                       const std::string& direction = "both") {
    return "{\"id\": \"" + id + "\", \"action\": \"drop\", \"direction\": \"" + direction + "\"" +
           (ports.empty() ? "" : ", \"to\": {\"ports\": " + ports + "}") +
           ", \"match\": {\"payload\": {\"contains\": \"" + id + "\"}}}";
}

std::shared_ptr<const RuleSet> compile_rules(const std::vector<std::string>& rules) {
    std::string text;
    for (const std::string& one : rules)
        text += (text.empty() ? "" : ",\n") + one;
    const ReadRules read = read_rules("{\"rules\": [" + text + "]}", "f");
    EXPECT_TRUE(read.errors.empty());
    const Compiled compiled = compile(read.specs);
    EXPECT_TRUE(compiled.errors.empty());
    return compiled.rules;
}

std::vector<std::uint32_t> rules_at(const RuleSet& set, bool to_server, std::uint16_t port) {
    const Group* group = set.group(to_server, port);
    return group == nullptr ? std::vector<std::uint32_t>{} : group->rules;
}

using Indices = std::vector<std::uint32_t>;

TEST(Grouping, APortSeesTheRulesThatAreAboutItAndNoOthers) {
    const auto set = compile_rules({rule_about("web", "[80, \"8000-8100\"]"), rule_about("any", ""),
                                    rule_about("mail", "25"), rule_about("not", "\"!80\"")});
    EXPECT_EQ(rules_at(*set, true, 80), (Indices{0, 1}));
    EXPECT_EQ(rules_at(*set, true, 8000), (Indices{0, 1, 3}));
    EXPECT_EQ(rules_at(*set, true, 8100), (Indices{0, 1, 3}));
    EXPECT_EQ(rules_at(*set, true, 8101), (Indices{1, 3}));
    EXPECT_EQ(rules_at(*set, true, 25), (Indices{1, 2, 3}));
    EXPECT_EQ(rules_at(*set, true, 0), (Indices{1, 3}));
    EXPECT_EQ(rules_at(*set, true, 65535), (Indices{1, 3}));
    for (std::size_t i = 0; i < set->groups().size(); ++i)
        EXPECT_EQ(set->groups()[i].index, i);
}

TEST(Grouping, APortThatNoRuleIsAboutHasNoGroup) {
    const auto set = compile_rules({rule_about("web", "80")});
    EXPECT_EQ(set->group(true, 81), nullptr);
    EXPECT_EQ(set->groups().size(), 1U);
}

TEST(Grouping, DirectionsAreApartAndShareAGroupWhereTheirRulesAreTheSame) {
    const auto set = compile_rules({rule_about("both", "80"), rule_about("up", "[80, 90]", "to_server"),
                                    rule_about("down", "25", "to_client")});
    EXPECT_EQ(rules_at(*set, true, 80), (Indices{0, 1}));
    EXPECT_EQ(rules_at(*set, false, 80), (Indices{0}));
    EXPECT_EQ(rules_at(*set, true, 90), (Indices{1}));
    EXPECT_EQ(set->group(false, 90), nullptr);
    EXPECT_EQ(set->group(true, 25), nullptr);
    EXPECT_EQ(rules_at(*set, false, 25), (Indices{2}));
    const auto shared = compile_rules({rule_about("a", ""), rule_about("b", "80")});
    EXPECT_EQ(shared->group(true, 80), shared->group(false, 80));
    EXPECT_EQ(shared->groups().size(), 2U);
}

TEST(Grouping, ManyClassesFallBackToOneGroupADirection) {
    std::vector<std::string> rules;
    for (int port = 1; port <= 40; ++port)
        rules.push_back(rule_about("p" + std::to_string(port), std::to_string(port * 10)));
    const auto set = compile_rules(rules);
    EXPECT_EQ(set->groups().size(), 1U);
    EXPECT_EQ(set->group(true, 10)->rules.size(), 40U);
    EXPECT_EQ(set->group(true, 10), set->group(false, 400));
    EXPECT_EQ(set->group(true, 11), nullptr);
}

TEST(Grouping, GroupsThatWouldRepeatTooManyPatternsFallBackToo) {
    std::vector<std::string> rules;
    for (int i = 0; i < 600; ++i)
        rules.push_back(rule_about("any" + std::to_string(i), ""));
    for (int port = 1; port <= 10; ++port)
        rules.push_back(rule_about("p" + std::to_string(port), std::to_string(port * 10)));
    const auto set = compile_rules(rules);
    EXPECT_EQ(set->groups().size(), 1U);
    EXPECT_EQ(set->group(true, 5)->rules.size(), 610U);
}

} // namespace
} // namespace nfsieve
