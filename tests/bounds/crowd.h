// SPDX-License-Identifier: GPL-2.0-or-later
// An engine and a crowd of connections that cost the test nothing to make: each packet is a template with
// another address and port in it.
#pragma once

#include "nfsieve/engine/engine.h"
#include "nfsieve/rules/rule_set.h"
#include "packets.h"

#include <memory>
#include <string>
#include <string_view>

namespace nfsieve::bounds {

/// Long enough that events need nothing of what came before.
inline constexpr std::string_view first_half =
    "................................................................EVILPAT";
inline constexpr std::string_view second_half = "TERN";
inline constexpr std::string_view response =
    "ok..............................................................";
/// What a client acknowledges that has the response.
inline constexpr std::uint32_t after_response = 5001 + response.size();

/// 100 literals, "EVILPATTERN" among them.
class HundredRules : public RuleSetSource {
public:
    HundredRules();
    [[nodiscard]] std::uint64_t generation() const override { return 1; }
    [[nodiscard]] std::shared_ptr<const RuleSet> current() const override { return rules_; }
    /// Bytes of matcher state that a connection has once both ends have spoken, in its entry and beside it.
    [[nodiscard]] std::size_t matcher_state() const;

private:
    std::shared_ptr<const RuleSet> rules_;
};

/// One packet that many connections send; which() makes it the packet of one of them.
class Template {
public:
    /// `to_server`: sent by the client.
    Template(std::string_view flags, std::uint32_t sequence, std::uint32_t acknowledgment,
             std::string payload, bool to_server);
    /// The packet of connection `number` of crowd `crowd`, `offset` bytes further on. Borrowed until the next
    /// call.
    [[nodiscard]] Bytes of(std::uint8_t crowd, std::uint32_t number, std::uint32_t offset = 0);

private:
    test::Buffer bytes_;
    bool to_server_;
};

/// An engine whose judgements are timed by this thread's own clock.
class Gateway {
public:
    explicit Gateway(const EngineConfig& config);

    [[nodiscard]] Verdict judge(Bytes bytes);
    void wait(Duration time);

    /// Opens connections `first` to `last`, exclusively, of a crowd, each with the first half of the pattern
    /// sent and acknowledged.
    void open(std::uint8_t crowd, std::uint32_t first, std::uint32_t last);
    /// How many of the second halves pass.
    [[nodiscard]] std::uint32_t finish(std::uint8_t crowd, std::uint32_t count);

    [[nodiscard]] std::uint64_t count(Counter counter) const { return counters_.read()[counter]; }
    [[nodiscard]] const HundredRules& rules() const { return rules_; }

private:
    class NoEvents : public EventSink {
        void emit(Event&& /*event*/) override {}
    };

    HundredRules rules_;
    Counters counters_;
    NoEvents events_;
    std::unique_ptr<Judge> engine_;
    Time now_ = Time(std::chrono::seconds(1000));
    Template syn_{"S", 1000, 0, "", true}, syn_ack_{"SA", 5000, 1001, "", false};
    Template half_{"PA", 1001, 5001, std::string(first_half), true};
    Template answer_{"PA", 5001, 1001 + first_half.size(), std::string(response), false};
    Template ack_{"A", 1001 + first_half.size(), after_response, "", true};
    Template rest_{"PA", 1001 + first_half.size(), after_response, std::string(second_half), true};
};

/// Resident memory of this process in bytes.
[[nodiscard]] std::size_t resident();

/// Nanoseconds that this thread has run.
[[nodiscard]] std::uint64_t thread_nanoseconds();

} // namespace nfsieve::bounds
