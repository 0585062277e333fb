// SPDX-License-Identifier: GPL-2.0-or-later
// The engine as a live gateway drives it, with a clock that the test moves.
#pragma once

#include "wire.h"

#include "nfsieve/engine/engine.h"

#include <memory>

namespace nfsieve::evasion {

/// The rules of rules.h, compiled; shared by all threads. Null where they do not compile, which is complained
/// about on standard error.
[[nodiscard]] std::shared_ptr<const RuleSet> compile_rules();

/// One engine. One thread.
class Gateway {
public:
    /// `held_per_flow`: bytes of payload it may remember for one direction of a flow.
    Gateway(std::shared_ptr<const RuleSet> rules, std::size_t held_per_flow);

    /// Forgets all connections, by letting more time pass than they live.
    void begin_connection();
    /// Whether the packet may go on. Checksums are verified, and the connection's mark says whether it has
    /// been seen. `tracked`: conntrack takes it for a packet of the connection; a wrong checksum it does not.
    [[nodiscard]] bool passes(Bytes packet, bool tracked);
    void wait(Duration duration);

private:
    class Rules final : public RuleSetSource {
    public:
        explicit Rules(std::shared_ptr<const RuleSet> rules) : rules_(std::move(rules)) {}
        [[nodiscard]] std::uint64_t generation() const override { return 1; }
        [[nodiscard]] std::shared_ptr<const RuleSet> current() const override { return rules_; }

    private:
        std::shared_ptr<const RuleSet> rules_;
    };
    class NoEvents final : public EventSink {
    public:
        void emit(Event&&) override {}
    };

    EngineConfig config_;
    Rules rules_;
    NoEvents events_;
    Counters counters_;
    std::unique_ptr<Judge> engine_;
    Time now_{std::chrono::seconds(1'000'000)};
    std::uint32_t mark_ = 0;
};

} // namespace nfsieve::evasion
