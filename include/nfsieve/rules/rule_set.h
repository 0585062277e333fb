// SPDX-License-Identifier: GPL-2.0-or-later
// The compiled rules: immutable, shared by all workers, one object a generation.
#pragma once

#include "nfsieve/rules/finality.h"
#include "nfsieve/rules/hs_handles.h"
#include "nfsieve/rules/signature_set.h"
#include "nfsieve/rules/spec.h"

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

namespace nfsieve {

inline constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

struct Rule {
    RuleLabel label;
    Action action = Action::alert;
    RuleDirection direction = RuleDirection::both;
    Endpoint from, to;
    bool log = true;
    SignatureSpec::Resets resets = SignatureSpec::Resets::both; ///< of Action::reject
    std::vector<MatchNode> nodes;                               ///< empty: a connection rule, or a signature
    bool simple = false; ///< the tree is one pattern: a match of it is a match of the rule
    std::uint64_t last_offset =
        0;                   ///< no match of it can end behind this stream offset; no_limit where unbounded
    std::uint32_t order = 0; ///< of two rules that are complete at the same byte the lesser one decides
    std::uint64_t fingerprint = 0; ///< of its id and all that decides what it matches (action and log apart):
                                   ///< equal over reloads for an unchanged rule

    /// True where a connection from `client` to `server` is one this rule is about.
    [[nodiscard]] bool header_matches(const Address& client, std::uint16_t client_port, const Address& server,
                                      std::uint16_t server_port) const {
        return to.ports.contains(server_port) && from.ports.contains(client_port) &&
               to.addresses.contains(server) && from.addresses.contains(client);
    }
};

/// A pattern shared by all rules that use it. Its index in RuleSet::patterns() is its Vectorscan id in every
/// group.
struct Pattern {
    PatternSpec spec;                 ///< of its first use; letters of a literal that ignores case are small
    bool needs_start = false;         ///< meaningful only where the stream was seen from its first byte
    bool decided_at_end = false;      ///< a match of it may be known only when the stream ends
    std::vector<std::uint32_t> rules; ///< rules that use it in either direction, ascending
};

/// The rules that can concern a flow in one direction, as one database.
struct Group {
    HsDatabase database;              ///< stream mode; null where no payload rule is in the group
    std::size_t stream_size = 0;      ///< bytes of matcher state a stream costs
    bool any_at_end = false;          ///< some pattern is decided at the end of the stream
    std::vector<std::uint32_t> rules; ///< payload rules, ascending
    std::size_t index = 0;            ///< position in RuleSet::groups()
};

/// Immutable; safe to read from any thread. Made by compile() (rules/compile.h).
class RuleSet {
public:
    RuleSet() = default;
    RuleSet(const RuleSet&) = delete;
    RuleSet& operator=(const RuleSet&) = delete;

    [[nodiscard]] std::span<const Rule> rules() const { return rules_; }
    [[nodiscard]] std::span<const Pattern> patterns() const { return patterns_; }
    [[nodiscard]] std::span<const Group> groups() const { return groups_; }
    /// Rules without a match part, ascending.
    [[nodiscard]] std::span<const std::uint32_t> connection_rules() const { return connection_rules_; }
    [[nodiscard]] const SignatureSet& signatures() const { return signatures_; }
    [[nodiscard]] const Finality& finality() const { return finality_; }
    [[nodiscard]] Action default_action() const { return default_action_; }
    /// The group that judges bytes in this direction of a connection to `server_port`; null where no rule can
    /// match. A group is an over-approximation: Rule::header_matches() decides for the rule that matched.
    [[nodiscard]] const Group* group(bool to_server, std::uint16_t server_port) const {
        const std::uint16_t at = group_of_port_[to_server ? 0 : 1].empty()
                                     ? no_group
                                     : group_of_port_[to_server ? 0 : 1][server_port];
        return at == no_group ? nullptr : &groups_[at];
    }
    /// Scratch space that fits every group; workers clone it (hs_clone_scratch). Null where there is no
    /// group.
    [[nodiscard]] const hs_scratch_t* scratch() const { return scratch_.get(); }

private:
    friend class RuleCompiler;
    static constexpr std::uint16_t no_group = 0xffff;

    std::vector<Rule> rules_;
    std::vector<Pattern> patterns_;
    std::vector<Group> groups_;
    std::vector<std::uint32_t> connection_rules_;
    SignatureSet signatures_;
    Finality finality_;
    Action default_action_ = Action::accept;
    std::array<std::vector<std::uint16_t>, 2> group_of_port_; ///< [to_server, to_client][server port]
    HsScratch scratch_;
};

/// True where both sets decide the same of every connection.
[[nodiscard]] bool judge_alike(const RuleSet& a, const RuleSet& b);

} // namespace nfsieve
