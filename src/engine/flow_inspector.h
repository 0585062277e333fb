// SPDX-License-Identifier: GPL-2.0-or-later
// Holds flows against the rules in force, and for a grace after a reload against those before them.
#pragma once

#include "flow.h"
#include "nfsieve/engine/engine.h"

#include <unordered_map>
#include <vector>

namespace nfsieve {

/// A rule of the current set that a flow's bytes have completed.
struct Finding {
    std::uint32_t rule = 0; ///< index into the current set
    std::uint64_t distance =
        0; ///< from the first byte that was fed in this call to behind the completing one
    std::uint64_t stream_end = 0; ///< the same as a stream offset, as the matching generation counts it
};

/// Two generations of rules at the most. One worker thread; outlives no flow that it began (end() them
/// first).
class FlowInspector {
public:
    using Outcome = StreamMatcher::Outcome;

    FlowInspector(const EngineConfig& config, const RuleSetSource& source, MemoryBudget& budget);

    /// Takes up a newer rule set, or lets the old one go when its grace is over. Visits every flow when it
    /// does.
    void tick(Flows& flows, Time now);

    [[nodiscard]] const RuleSet& rules() const { return current_->rules(); }
    [[nodiscard]] const std::shared_ptr<const RuleSet>& shared_rules() const {
        return current_->shared_rules();
    }

    /// Prepares a flow for the current rules. `whole`: its start was seen.
    void begin(Flow& flow, bool whole) const;
    /// Brings a flow that began under older rules up to the current ones.
    void refresh(Flow& flow);
    /// Forgets what was matched of one direction: bytes are missing, or are judged anew from an earlier one.
    void restart(Flow& flow, Side sender);
    /// Gives all matcher state of a flow back.
    void end(Flow& flow);

    /// Matches the next bytes that `sender` sends. Findings come in the order in which they decide.
    [[nodiscard]] Outcome feed(Flow& flow, Side sender, Bytes bytes, std::vector<Finding>& findings);
    /// The sender's stream is over.
    [[nodiscard]] Outcome finish(Flow& flow, Side sender, std::vector<Finding>& findings);

private:
    enum class Step { feed, finish };

    void take(Flows& flows, Time now);
    void drop_previous(Flows& flows);
    [[nodiscard]] Outcome step(Flow& flow, Side sender, Step what, Bytes bytes,
                               std::vector<Finding>& findings);
    [[nodiscard]] const std::uint32_t* in_current(std::uint32_t previous_rule) const;

    const EngineConfig& config_;
    const RuleSetSource& source_;
    MemoryBudget& budget_;
    std::unique_ptr<StreamMatcher> current_, previous_;
    std::uint64_t generation_ = 0;
    Time previous_until_;
    std::unordered_map<std::uint64_t, std::uint32_t> by_fingerprint_; ///< of the current rules
    std::vector<Hit> hits_;
};

} // namespace nfsieve
