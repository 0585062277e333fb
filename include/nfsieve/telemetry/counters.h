// SPDX-License-Identifier: GPL-2.0-or-later
// What a worker counts, and three gauges. One writer (the worker), any number of readers (status, SIGUSR1).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace nfsieve {

/// Every packet seen ends in exactly one of judged_accept, judged_drop and the uninspected_* counters.
enum class Counter : std::uint8_t {
    packets,       ///< seen
    bytes,         ///< of seen packets, from the network header on
    judged_accept, ///< passed after the rules were asked
    judged_drop,   ///< dropped: a rule, a blocked flow, a policy, a segment that contradicts an earlier one
    uninspected_not_tcp,
    uninspected_done,      ///< of a flow that an accept rule or the inspection depth has ended
    uninspected_malformed, ///< passed because the policy for its cause says accept; the same for those below
    uninspected_truncated,
    uninspected_midstream,
    uninspected_memcap,
    uninspected_matcher_error,
    uninspected_unverifiable,
    uninspected_urgent,
    uninspected_fast_open,
    uninspected_one_way,
    uninspected_expired,
    uninspected_spoofed,
    cause_malformed, ///< how often each cause came up, whatever the policy did then
    cause_truncated,
    cause_midstream,
    cause_memcap,
    cause_gap,
    cause_matcher_error,
    cause_unverifiable,
    cause_urgent,
    cause_fast_open,
    cause_one_way,
    cause_expired,
    cause_spoofed,
    cause_ambiguous_request,
    cause_ambiguous_response,
    bad_checksum,  ///< segments a receiver throws away; dropped
    no_ack,        ///< segments without ACK, which a receiver throws away too; dropped
    out_of_window, ///< segments that begin where the receiver's window does not reach; dropped
    conflicting,   ///< retransmissions that said something else than the first copy; dropped
    flows,         ///< made
    flows_expired, ///< ended by time
    flows_blocked,
    flows_http,      ///< recognised as HTTP/1
    flows_tls,       ///< recognised as TLS
    flows_ssh,       ///< recognised as SSH 2
    flows_encrypted, ///< of TLS and SSH, and both ends encrypt what they say: rules about it look no further
    parser_errors, ///< flows whose HTTP or TLS could not be followed: raw payload rules alone judge the rest
    check_limits,  ///< checks that were given up because they took too long (a regex, nested contents)
    matches,       ///< rules that matched, once a rule, flow and direction
    resets_sent,
    reset_errors,
    events_lost,    ///< the event queue was full
    queue_overruns, ///< ENOBUFS from the kernel: packets lost before we saw them
    verdict_errors, ///< verdicts that the kernel refused
    flows_alive,    ///< gauges, no counts: flow entries in use now
    flow_memory,    ///< bytes of flow entries and matcher state in use now
    held_memory,    ///< bytes of remembered payload in use now
    count_,
};

inline constexpr std::size_t counter_count = static_cast<std::size_t>(Counter::count_);

/// The counter's name in events, logs and status, e.g. "judged_drop".
[[nodiscard]] const char* name(Counter counter);

/// A plain copy of all counters; sums over workers.
struct CounterValues {
    std::array<std::uint64_t, counter_count> values{};
    [[nodiscard]] std::uint64_t operator[](Counter counter) const {
        return values[static_cast<std::size_t>(counter)];
    }
    CounterValues& operator+=(const CounterValues& other);
};

/// The live counters of one worker. add() and set() by the owner alone; read() from any thread.
class Counters {
public:
    void add(Counter counter, std::uint64_t count = 1) {
        auto& slot = slots_[static_cast<std::size_t>(counter)];
        slot.store(slot.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
    }
    /// For the gauges.
    void set(Counter gauge, std::uint64_t value) {
        slots_[static_cast<std::size_t>(gauge)].store(value, std::memory_order_relaxed);
    }
    [[nodiscard]] CounterValues read() const;

private:
    std::array<std::atomic<std::uint64_t>, counter_count> slots_{};
};

} // namespace nfsieve
