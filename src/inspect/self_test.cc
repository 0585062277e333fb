// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/inspect/self_test.h"

#include "nfsieve/inspect/app_layer.h"
#include "nfsieve/inspect/signature_matcher.h"
#include "nfsieve/inspect/stream_matcher.h"
#include "nfsieve/rules/compile.h"

#include <algorithm>
#include <string>
#include <unordered_map>

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

/// Plays one payload to the rules. Which end sends it is the rule's direction.
class Player {
public:
    explicit Player(std::shared_ptr<const RuleSet> rules)
        : rules_(std::move(rules)), streams_(rules_, budget_), signatures_(*rules_, hosts_, {}) {}

    [[nodiscard]] bool matches(std::uint32_t rule, const std::string& payload) {
        const Side sender =
            rules_->rules()[rule].direction == RuleDirection::to_client ? Side::server : Side::client;
        std::vector<Hit> hits;
        const bool fine = rule < rules_->signatures().first_rule() ? play_stream(sender, payload, hits)
                                                                   : play_transactions(sender, payload, hits);
        return fine &&
               std::any_of(hits.begin(), hits.end(), [&](const Hit& hit) { return hit.rule == rule; });
    }

private:
    bool play_stream(Side sender, const std::string& payload, std::vector<Hit>& hits) {
        MatchStream stream = streams_.begin(sender == Side::client, 0, true);
        const bool fine =
            streams_.feed(stream, anyone_, as_bytes(payload), hits) == StreamMatcher::Outcome::fine &&
            streams_.finish(stream, anyone_, hits) == StreamMatcher::Outcome::fine;
        streams_.end(stream);
        return fine;
    }

    /// Hands what the parser says on to the signatures.
    struct Listener final : TransactionListener {
        Player& player;
        SignatureFlow flow;
        FlowVariables variables;
        SignatureContext context;
        std::vector<Hit>& hits;

        Listener(Player& owner, std::vector<Hit>& found) : player(owner), hits(found) {
            context.header = &owner.anyone_;
            context.variables = &variables;
            context.established = true;
        }
        void on_stage(Transaction& transaction, Side sender, Stage reached) override {
            static_cast<void>(
                player.signatures_.on_stage(flow, transaction, sender, reached, 0, context, hits));
        }
        void on_body(Transaction& transaction, Side sender, std::size_t fresh) override {
            static_cast<void>(player.signatures_.on_body(flow, transaction, sender, fresh, 0, context, hits));
        }
        void on_event(Transaction*, Side, std::string_view) override {}
        void on_end(Transaction& transaction) override { SignatureMatcher::on_end(flow, transaction); }
    };

    bool play_transactions(Side sender, const std::string& payload, std::vector<Hit>& hits) {
        Listener listener(*this, hits);
        AppLayer layer(parsers_, rules_->signatures().parsed(), true);
        const bool fine = signatures_.find_payload(listener.flow, sender, as_bytes(payload), 0,
                                                   listener.context) == SignatureMatcher::Outcome::fine;
        layer.feed(sender, as_bytes(payload), listener);
        layer.finish(sender, listener);
        return fine;
    }

    const Header anyone_;
    MemoryBudget budget_{std::size_t{1} << 30};
    HostTable hosts_;
    const AppParsers parsers_{AppParserLimits()};
    std::shared_ptr<const RuleSet> rules_;
    StreamMatcher streams_;
    SignatureMatcher signatures_;
};

} // namespace

std::vector<RuleError> run_rule_tests(const RuleSpecs& specs) {
    const RuleSpecs tested = tested_rules(specs);
    if (tested.rules.empty())
        return {};
    Compiled compiled = compile(tested);
    if (!compiled.errors.empty())
        return std::move(compiled.errors);

    // Rules about named buffers stand behind the others.
    std::unordered_map<std::string, std::uint32_t> index_of;
    for (std::uint32_t rule = 0; rule < compiled.rules->rules().size(); ++rule)
        index_of.emplace(compiled.rules->rules()[rule].label.id, rule);
    std::vector<RuleError> errors;
    Player player(compiled.rules);
    const auto check = [&](const RuleSpec& rule, const std::vector<std::string>& payloads, bool expected) {
        for (std::size_t i = 0; i < payloads.size(); ++i) {
            if (player.matches(index_of.at(rule.label.id), payloads[i]) == expected)
                continue;
            errors.push_back({rule.label.place, rule.label.id,
                              std::string("its own test ") + (expected ? "\"match\"" : "\"pass\"") +
                                  " number " + std::to_string(i + 1) +
                                  (expected ? " does not match" : " matches") +
                                  "; correct the match part or the test"});
        }
    };
    for (const RuleSpec& rule : tested.rules) {
        check(rule, rule.tests_match, true);
        check(rule, rule.tests_pass, false);
    }
    return errors;
}

} // namespace nfsieve
