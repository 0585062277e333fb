// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/inspect/self_test.h"

#include "nfsieve/inspect/stream_matcher.h"
#include "nfsieve/rules/compile.h"

#include <algorithm>
#include <string>

namespace nfsieve {
namespace {

/// The rules that have tests, about any connection.
RuleSpecs tested_rules(const RuleSpecs& specs) {
    RuleSpecs tested;
    for (const RuleSpec& rule : specs.rules) {
        if (!rule.match || (rule.tests_match.empty() && rule.tests_pass.empty()))
            continue;
        tested.rules.push_back(rule);
        tested.rules.back().from = tested.rules.back().to = Endpoint();
    }
    return tested;
}

bool matches(StreamMatcher& matcher, std::uint32_t rule, const std::string& payload) {
    const bool to_server = matcher.rules().rules()[rule].direction != RuleDirection::to_client;
    MatchStream stream = matcher.begin(to_server, 0, true);
    std::vector<Hit> hits;
    const Header anyone;
    const bool failed =
        matcher.feed(stream, anyone, as_bytes(payload), hits) != StreamMatcher::Outcome::fine ||
        matcher.finish(stream, anyone, hits) != StreamMatcher::Outcome::fine;
    matcher.end(stream);
    return !failed && std::any_of(hits.begin(), hits.end(), [&](const Hit& hit) { return hit.rule == rule; });
}

} // namespace

std::vector<RuleError> run_rule_tests(const RuleSpecs& specs) {
    const RuleSpecs tested = tested_rules(specs);
    if (tested.rules.empty())
        return {};
    Compiled compiled = compile(tested);
    if (!compiled.errors.empty())
        return std::move(compiled.errors);

    std::vector<RuleError> errors;
    MemoryBudget budget(std::size_t{1} << 30);
    StreamMatcher matcher(compiled.rules, budget);
    const auto check = [&](std::uint32_t rule, const std::vector<std::string>& payloads, bool expected) {
        for (std::size_t i = 0; i < payloads.size(); ++i) {
            if (matches(matcher, rule, payloads[i]) == expected)
                continue;
            const RuleLabel& label = tested.rules[rule].label;
            errors.push_back({label.place, label.id,
                              std::string("its own test ") + (expected ? "\"match\"" : "\"pass\"") +
                                  " number " + std::to_string(i + 1) +
                                  (expected ? " does not match" : " matches") +
                                  "; correct the match part or the test"});
        }
    };
    for (std::uint32_t rule = 0; rule < tested.rules.size(); ++rule) {
        check(rule, tested.rules[rule].tests_match, true);
        check(rule, tested.rules[rule].tests_pass, false);
    }
    return errors;
}

} // namespace nfsieve
