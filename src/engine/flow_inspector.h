// SPDX-License-Identifier: GPL-2.0-or-later
// Holds flows against the rules in force, and for a grace after a reload against those before them.
#pragma once

#include "flow.h"
#include "nfsieve/engine/engine.h"

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace nfsieve {

/// A rule of the current set that a flow's bytes have completed.
struct Finding {
    std::uint32_t rule = 0; ///< index into the current set
    std::uint64_t distance =
        0; ///< from the first byte that was fed in this call to behind the completing one
    std::uint64_t stream_end = 0; ///< the same as a stream offset, as the matching generation counts it
    bool silent = false;          ///< what it does counts, but it was reported before, or too often
};

/// What transactions say of the bytes that were fed last, as distances from the first of them.
struct MessageEnds {
    /// Up to the headers that leave the end of their message ambiguous.
    std::optional<std::uint64_t> ambiguous;
    /// Up to where no signature can accept the flow by what their sender says; 0: that was known before.
    std::optional<std::uint64_t> accept;
};

/// The packet that brings the bytes, for rules that ask for it.
struct PacketFacts {
    const Segment* segment = nullptr;
    Time now;
    bool resumed = false; ///< its sender had given up the connection with a RST
    bool early = false;   ///< it brings data ahead of the handshake
};

/// Two generations of rules at the most. One worker thread; outlives no flow that it began (end() them
/// first).
class FlowInspector {
public:
    using Outcome = StreamMatcher::Outcome;

    /// All outlive it.
    FlowInspector(const EngineConfig& config, const RuleSetSource& source, MemoryBudget& budget,
                  HostTable& hosts);

    /// Takes up a newer rule set, or lets the old one go when its grace is over. Visits every flow when it
    /// does.
    void tick(Flows& flows, Time now);

    [[nodiscard]] const RuleSet& rules() const { return *current_->rules; }
    [[nodiscard]] const std::shared_ptr<const RuleSet>& shared_rules() const { return current_->rules; }

    /// Prepares a flow for the current rules. `whole`: its start was seen.
    void begin(Flow& flow, bool whole) const;
    /// Brings a flow that began under older rules up to the current ones.
    void refresh(Flow& flow) {
        if (flow.generation != generation_)
            take_over(flow);
    }
    /// Forgets what was matched of one direction: bytes are missing, or are judged anew from an earlier one.
    void restart(Flow& flow, Side sender);
    /// Makes the matcher state of a flow that rests smaller; returns the bytes that this freed.
    std::size_t compress(Flow& flow);
    /// Gives all matcher state of a flow back, whose inspection ends under the current rules.
    void end(Flow& flow);
    /// The same for one whose inspection has ended before.
    void give_back(Flow& flow);

    /// Matches the next bytes that `sender` sends. Findings come in the order in which they decide.
    [[nodiscard]] Outcome feed(Flow& flow, Side sender, Bytes bytes, const PacketFacts& packet,
                               std::vector<Finding>& findings);
    /// The sender's stream is over.
    [[nodiscard]] Outcome finish(Flow& flow, Side sender, const PacketFacts& packet,
                                 std::vector<Finding>& findings);
    /// Of the last feed() or finish().
    [[nodiscard]] const MessageEnds& message_ends() const { return message_ends_; }

    /// No rule can match what the ends of an established connection still say.
    [[nodiscard]] bool is_final(Flow& flow) const;
    /// Other rules are in force than when the flow was last brought up to them.
    [[nodiscard]] bool changed_since(const Flow& flow) const { return flow.generation < changed_; }
    /// The mark by which the kernel knows flows that are done under the current rules; 0: none.
    [[nodiscard]] std::uint8_t mark_generation() const { return mark_generation_; }

    /// Until when signatures that accept can match what this end sends.
    [[nodiscard]] AcceptBounds accept_bounds(Flow& flow, Side sender) const {
        return current_->signatures.accept_bounds(sender, flow.header());
    }
    /// Some rule asks for every packet of this end that has these TCP flags, payload or not.
    [[nodiscard]] bool judges_packets(Side sender, std::uint8_t flags) const {
        return current_->signatures.judges_packets(sender, flags);
    }
    /// Some rule lets packets of this end pass by their headers alone.
    [[nodiscard]] bool passes_packets(Side sender) const {
        return current_->signatures.passes_packets(sender);
    }
    /// The rules about packets as such. `passes`: those alone that accept, and go before all others.
    void judge_packet(Flow& flow, Side sender, bool passes, const PacketFacts& packet,
                      std::vector<Finding>& findings);

    /// The payload of a packet that is no part of the stream (yet). `tracked`: the stream is judged.
    [[nodiscard]] Outcome judge_lone(Flow& flow, Side sender, const PacketFacts& packet, bool tracked,
                                     std::vector<Finding>& findings);

    /// Checks that took too long, since the start.
    [[nodiscard]] std::uint64_t checks_given_up() const;

private:
    /// What judges by one rule set.
    struct Generation {
        Generation(std::shared_ptr<const RuleSet> set, MemoryBudget& budget, HostTable& hosts,
                   const SignatureLimits& limits)
            : rules(std::move(set)), streams(rules, budget), signatures(*rules, hosts, limits) {}
        std::shared_ptr<const RuleSet> rules;
        StreamMatcher streams;
        SignatureMatcher signatures;
        std::vector<Hit> hits; ///< of the call at hand
        [[nodiscard]] std::uint64_t given_up() const {
            return signatures.limits().regex + signatures.limits().steps;
        }
    };
    struct Piece;
    class Listener;

    void take(Flows& flows, Time now);
    void take_over(Flow& flow);
    void drop_previous(Flows& flows);
    [[nodiscard]] Outcome judge(Piece& piece, std::vector<Finding>& findings);
    [[nodiscard]] static Outcome judge_stream(Generation& generation, MatchStreams& streams,
                                              const Piece& piece);
    [[nodiscard]] bool judge_signatures(const Piece& piece);
    /// Its signatures have no say where both ends of a flow encrypt.
    [[nodiscard]] static bool passes_over(const Generation& generation) {
        return generation.rules->signatures().skips_encrypted();
    }
    /// What signatures keep of a flow, made where it is missing.
    SignatureFlow& kept_of(Flow& flow);
    [[nodiscard]] FlowApp& app_of(Flow& flow);
    [[nodiscard]] SignatureContext context_of(Flow& flow, const PacketFacts& packet) const;
    [[nodiscard]] bool charge(Flow& flow);
    void collect(std::uint64_t before, std::vector<Finding>& findings) const;
    void collect_previous(const Piece& piece, std::size_t first, std::vector<Finding>& findings);
    void sort(std::vector<Finding>& findings, std::size_t first) const;
    void drop_previous_of(Flow& flow);
    void find_end(Flow& flow) const;
    [[nodiscard]] static bool transactions_are_over(const Flow& flow);
    [[nodiscard]] const std::uint32_t* in_current(std::uint32_t previous_rule) const;

    const EngineConfig& config_;
    const RuleSetSource& source_;
    MemoryBudget& budget_;
    HostTable& hosts_;
    const AppParsers parsers_;
    std::unique_ptr<Generation> current_, previous_;
    std::uint32_t generation_ = 0; ///< of the current rules; no two that are in use share it
    std::uint32_t changed_ = 0;    ///< the generation since which the rules are what they are
    std::uint8_t mark_generation_ = 0;
    Time previous_until_;
    MessageEnds message_ends_;
    DoneOnce done_;                     ///< by signatures of either generation, for the bytes at hand
    std::uint64_t given_up_before_ = 0; ///< by generations that are gone
    std::unordered_map<std::uint64_t, std::uint32_t> by_fingerprint_; ///< of the current rules
};

} // namespace nfsieve
