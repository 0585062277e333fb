// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/rules/compile.h"

#include "buffer_rule.h"
#include "database.h"
#include "match_tree.h"
#include "port_classes.h"
#include "signature_compiler.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>
#include <unordered_map>

namespace nfsieve {
namespace {

constexpr std::size_t max_classes = 16;       ///< databases a direction
constexpr std::size_t max_repetition = 4;     ///< how often a pattern may on average stand in a database …
constexpr std::size_t free_repetition = 1000; ///< … beyond this many

} // namespace

/// Makes one RuleSet. RuleSet lets it in.
class RuleCompiler {
public:
    RuleCompiler(const RuleSpecs& specs, const CompileOptions& options)
        : specs_(specs), options_(options), set_(std::make_shared<RuleSet>()) {}

    Compiled run(std::vector<SignatureSpec> signatures) {
        set_->default_action_ = specs_.default_action;
        for (std::uint32_t i = 0; i < specs_.rules.size(); ++i)
            add_rule(specs_.rules[i], i);
        if (errors_.empty()) {
            finish_rules();
            make_groups();
        }
        DatabaseCache none;
        Compiled compiled;
        SignatureCompiler compiler(set_->rules_, errors_, options_.skip_bad ? &compiled.skipped : nullptr,
                                   options_.cache != nullptr ? *options_.cache : none);
        if (!options_.inspect_encrypted && specs_.default_action == Action::accept)
            compiler.skip_encrypted();
        if (signatures_.empty())
            signatures_ = std::move(signatures);
        else
            signatures_.insert(signatures_.end(), std::make_move_iterator(signatures.begin()),
                               std::make_move_iterator(signatures.end()));
        set_->signatures_ = compiler.run(std::move(signatures_),
                                         static_cast<std::uint32_t>(specs_.rules.size()), set_->scratch_);
        sort_errors();
        if (errors_.empty()) {
            set_->finality_ = Finality(*set_);
            compiled.rules = std::move(set_);
        }
        compiled.errors = std::move(errors_);
        return compiled;
    }

private:
    /// A pattern and what became of it.
    struct Known {
        std::uint32_t index = 0; ///< where `error` is empty
        std::string error;
    };
    /// Where a rule uses a pattern, for errors that show up late.
    struct Use {
        std::uint32_t rule;
        Place place;
    };

    void refuse(const Place& place, const std::string& rule, std::string message) {
        errors_.push_back({place, rule, std::move(message)});
    }

    void add_rule(const RuleSpec& spec, std::uint32_t order) {
        std::optional<MatchSpec> match;
        if (spec.match) {
            match = simplified(*spec.match);
            if (true_of_nothing(*match))
                refuse(spec.label.place, spec.label.id,
                       "this match would be true of a stream that says nothing; put something that must be "
                       "found beside each \"not\" (under \"all\", or as \"payload\" in the same object)");
        }
        if (match && names_buffers(*match)) {
            SignatureSpec signature = signature_of(spec, *match, errors_);
            signature.fingerprint = fingerprint_of(spec, match);
            signature.order = order;
            signatures_.push_back(std::move(signature));
            return;
        }
        Rule rule;
        rule.order = order;
        rule.label = spec.label;
        rule.action = spec.action;
        rule.direction = spec.direction;
        rule.from = spec.from;
        rule.to = spec.to;
        rule.log = spec.log;
        const auto index = static_cast<std::uint32_t>(set_->rules_.size());
        if (match) {
            add_node(*match, rule, index);
            rule.simple = rule.nodes.size() == 1;
        } else {
            set_->connection_rules_.push_back(index);
        }
        rule.fingerprint = fingerprint_of(spec, match);
        set_->rules_.push_back(std::move(rule));
    }

    std::uint32_t add_node(const MatchSpec& match, Rule& rule, std::uint32_t rule_index) {
        const auto at = static_cast<std::uint32_t>(rule.nodes.size());
        rule.nodes.emplace_back();
        rule.nodes[at].kind = match.kind;
        if (match.kind == MatchSpec::Kind::pattern)
            rule.nodes[at].pattern = add_pattern(match.pattern, rule, rule_index);
        for (const MatchSpec& child : match.children) {
            const std::uint32_t node = add_node(child, rule, rule_index);
            rule.nodes[at].children.push_back(node);
        }
        return at;
    }

    std::uint32_t add_pattern(const PatternSpec& spec, const Rule& rule, std::uint32_t rule_index) {
        const auto [entry, fresh] = known_.try_emplace(identity(spec));
        Known& known = entry->second;
        if (fresh)
            translate(spec, known);
        if (!known.error.empty()) {
            refuse(spec.place, rule.label.id, known.error);
            return 0;
        }
        auto& users = set_->patterns_[known.index].rules;
        if (users.empty() || users.back() != rule_index)
            users.push_back(rule_index);
        uses_[known.index].push_back({rule_index, spec.place});
        return known.index;
    }

    void translate(const PatternSpec& spec, Known& known) {
        Pattern pattern;
        pattern.spec = normalised(spec);
        auto expression = make_expression(pattern.spec);
        if (!expression) {
            known.error = expression.error().message;
            return;
        }
        known.index = static_cast<std::uint32_t>(set_->patterns_.size());
        pattern.needs_start = expression->needs_start;
        pattern.decided_at_end = expression->decided_at_end;
        last_offsets_.push_back(expression->last_offset);
        expressions_.push_back(std::move(*expression));
        set_->patterns_.push_back(std::move(pattern));
        uses_.emplace_back();
    }

    void finish_rules() {
        for (Rule& rule : set_->rules_)
            rule.last_offset = last_offset_of(rule.nodes, last_offsets_);
    }

    /// The payload rules that read this direction's bytes.
    std::vector<std::uint32_t> members(bool to_server) const {
        const RuleDirection other = to_server ? RuleDirection::to_client : RuleDirection::to_server;
        std::vector<std::uint32_t> found;
        for (std::uint32_t i = 0; i < set_->rules_.size(); ++i)
            if (!set_->rules_[i].nodes.empty() && set_->rules_[i].direction != other)
                found.push_back(i);
        return found;
    }

    std::vector<std::uint32_t> patterns_of(const std::vector<std::uint32_t>& rules) const {
        std::vector<std::uint32_t> patterns;
        for (const std::uint32_t rule : rules)
            for (const MatchNode& node : set_->rules_[rule].nodes)
                if (node.kind == MatchSpec::Kind::pattern)
                    patterns.push_back(node.pattern);
        std::sort(patterns.begin(), patterns.end());
        patterns.erase(std::unique(patterns.begin(), patterns.end()), patterns.end());
        return patterns;
    }

    void make_groups() {
        std::array<std::vector<PortClass>, 2> classes;
        std::size_t total = 0;
        for (const std::size_t direction : {0U, 1U}) {
            classes[direction] = classify_ports(set_->rules_, members(direction == 0), max_classes);
            for (const PortClass& port_class : classes[direction])
                total += patterns_of(port_class.rules).size();
        }
        const bool too_much = total > max_repetition * set_->patterns_.size() + free_repetition;
        for (const std::size_t direction : {0U, 1U}) {
            if (too_much)
                classes[direction] = one_class(set_->rules_, members(direction == 0));
            for (PortClass& port_class : classes[direction])
                add_class(direction, std::move(port_class));
        }
    }

    void add_class(std::size_t direction, PortClass port_class) {
        const auto [entry, fresh] =
            group_of_rules_.try_emplace(port_class.rules, static_cast<std::uint16_t>(set_->groups_.size()));
        if (fresh)
            add_group(std::move(port_class.rules));
        auto& group_of_port = set_->group_of_port_[direction];
        if (group_of_port.empty())
            group_of_port.assign(65536, RuleSet::no_group);
        for (const PortRange& range : port_class.ports)
            std::fill(group_of_port.begin() + range.first, group_of_port.begin() + range.last + 1,
                      entry->second);
    }

    void add_group(std::vector<std::uint32_t> rules) {
        Group group;
        group.index = set_->groups_.size();
        group.rules = std::move(rules);
        const auto patterns = patterns_of(group.rules);
        for (const std::uint32_t pattern : patterns)
            group.any_at_end = group.any_at_end || expressions_[pattern].decided_at_end;
        BuiltDatabase built = build_database(expressions_, patterns);
        for (const Refusal& refusal : built.refusals)
            report(refusal);
        group.database = std::move(built.database);
        if (group.database && !measure(group))
            refuse({}, "", "out of memory for the matcher's scratch space; load fewer rules");
        set_->groups_.push_back(std::move(group));
    }

    /// Learns the size of a stream and lets the scratch space grow.
    bool measure(Group& group) {
        hs_scratch_t* scratch = set_->scratch_.release();
        const hs_error_t grown = hs_alloc_scratch(group.database.get(), &scratch);
        set_->scratch_.reset(scratch);
        return grown == HS_SUCCESS && hs_stream_size(group.database.get(), &group.stream_size) == HS_SUCCESS;
    }

    void report(const Refusal& refusal) {
        if (refusal.pattern == Refusal::no_pattern) {
            const Place first = specs_.rules.empty() ? Place{} : specs_.rules.front().label.place;
            refuse({first.file, 0, 0}, "", "all rules together: " + refusal.message);
            return;
        }
        for (const Use& use : uses_[refusal.pattern])
            refuse(use.place, set_->rules_[use.rule].label.id, refusal.message);
    }

    /// In the order of the rules; what two databases refused is said once.
    void sort_errors() {
        std::unordered_map<std::string, std::size_t> files;
        for (const RuleSpec& spec : specs_.rules)
            files.emplace(spec.label.place.file, files.size());
        const auto key = [&](const RuleError& error) {
            const auto file = files.find(error.place.file);
            return std::tuple(file == files.end() ? files.size() : file->second, error.place.line,
                              error.place.column);
        };
        std::stable_sort(errors_.begin(), errors_.end(),
                         [&](const RuleError& a, const RuleError& b) { return key(a) < key(b); });
        const auto same = [&](const RuleError& a, const RuleError& b) {
            return key(a) == key(b) && a.rule == b.rule && a.message == b.message;
        };
        errors_.erase(std::unique(errors_.begin(), errors_.end(), same), errors_.end());
    }

    const RuleSpecs& specs_;
    const CompileOptions& options_;
    std::shared_ptr<RuleSet> set_;
    std::vector<RuleError> errors_;
    std::vector<SignatureSpec> signatures_;        ///< JSON rules about named buffers, and then Suricata's
    std::unordered_map<std::string, Known> known_; ///< by identity()
    std::vector<Expression> expressions_;          ///< by pattern, as the three below
    std::vector<std::uint64_t> last_offsets_;
    std::vector<std::vector<Use>> uses_;
    std::map<std::vector<std::uint32_t>, std::uint16_t> group_of_rules_;
};

Compiled compile(const RuleSpecs& specs, std::vector<SignatureSpec> signatures,
                 const CompileOptions& options) {
    return RuleCompiler(specs, options).run(std::move(signatures));
}

Compiled compile(const RuleSpecs& specs) {
    return compile(specs, specs.signatures, {});
}

} // namespace nfsieve
