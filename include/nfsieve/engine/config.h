// SPDX-License-Identifier: GPL-2.0-or-later
// What an operator may set about the judging itself. Fixed once a worker runs, apart from what `reload`
// names.
#pragma once

#include "nfsieve/base/time.h"
#include "nfsieve/inspect/limits.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace nfsieve {

/// Why a packet or flow cannot be judged as it should be. Each has a policy.
enum class Cause : std::uint8_t {
    memcap,             ///< no memory left under the configured cap
    gap,                ///< bytes of the stream are missing for good (or for longer than may be held)
    truncated,          ///< the kernel or the capture cut the packet
    malformed,          ///< lengths or offsets that lie
    matcher_error,      ///< the matcher refused to go on
    unverifiable,       ///< a retransmission of bytes that are no longer remembered
    urgent,             ///< TCP urgent data
    fast_open,          ///< data with SYN
    one_way,            ///< only one direction is seen
    expired,            ///< a known connection comes back after its state is gone
    midstream,          ///< a connection whose start was not seen
    spoofed,            ///< comes in where the other end's packets come in, and not where this end's do
    ambiguous_request,  ///< servers find the end of a request in different places
    ambiguous_response, ///< clients find the end of an answer in different places
    count_,
};
inline constexpr std::size_t cause_count = static_cast<std::size_t>(Cause::count_);

/// The key of this cause under "on" in the configuration, e.g. "midstream".
[[nodiscard]] const char* name(Cause cause);

enum class Policy : std::uint8_t {
    drop,    ///< the packet is dropped; the flow is blocked where later bytes could not be judged either
    reject,  ///< the flow is blocked and both ends get a reset. Before the handshake is complete they get the
             ///< reset alone: another try may do better. Never for a packet that is known to be forged
    accept,  ///< the packet (and the rest of the flow, where its state is lost) passes uninspected, and is
             ///< counted
    inspect, ///< midstream: judge from here on. fast_open: judge the data of the first SYN, drop all other
};

/// How packet and connection marks are laid out: six adjacent bits of `mask`, from the lowest: three for the
/// generation under which a flow is done, then seen, blocked, own.
///   connection mark   generation 1 to 6: done; blocked: with generation 0 in silence, else with a reset
///   packet mark       to the queue: `seen` as the connection has it, `returned` where it is done, but under
///                     another generation; with a verdict: what the connection is to be marked with
struct MarkLayout {
    static constexpr std::uint8_t generations = 6;
    std::uint32_t mask = 0x3f00;
    [[nodiscard]] constexpr std::uint32_t unit() const { return mask & (~mask + 1); }
    [[nodiscard]] constexpr std::uint32_t generation_mask() const { return unit() * 7; }
    [[nodiscard]] constexpr std::uint32_t done(std::uint32_t generation) const { return unit() * generation; }
    [[nodiscard]] constexpr std::uint32_t returned() const { return unit() * 7; }
    [[nodiscard]] constexpr std::uint32_t rejected() const { return blocked() | done(1); }
    [[nodiscard]] constexpr std::uint32_t seen() const { return unit() << 3; }
    [[nodiscard]] constexpr std::uint32_t blocked() const { return unit() << 4; }
    [[nodiscard]] constexpr std::uint32_t own() const { return unit() << 5; }
};

struct EngineConfig {
    std::array<Policy, cause_count> on = default_policies();

    std::size_t flow_memory = std::size_t{256} << 20;  ///< bytes for flow entries and matcher state
    std::size_t held_memory = std::size_t{256} << 20;  ///< bytes for remembered payload, all flows
    std::size_t held_per_flow = std::size_t{16} << 20; ///< bytes for remembered payload, one flow
    std::uint64_t depth = std::numeric_limits<std::uint64_t>::max(); ///< inspected bytes a direction
    std::size_t event_payload = 64; ///< first bytes of the segment in an event, up to 256

    Duration handshake_timeout = std::chrono::seconds(30);
    Duration established_timeout = std::chrono::hours(24); ///< beyond the two hours of usual TCP keep-alives
    Duration closing_timeout = std::chrono::seconds(60);   ///< after FIN both ways or RST
    Duration blocked_timeout = std::chrono::hours(1);      ///< since the last packet that was dropped
    Duration reload_grace = std::chrono::seconds(60); ///< how long the old rules go on beside the new ones

    AppParserLimits parsers;
    SignatureLimits signatures;

    MarkLayout marks;

    [[nodiscard]] Policy policy(Cause cause) const { return on[static_cast<std::size_t>(cause)]; }
    [[nodiscard]] static constexpr std::array<Policy, cause_count> default_policies() {
        std::array<Policy, cause_count> all{};
        all.fill(Policy::drop);
        all[static_cast<std::size_t>(Cause::midstream)] = Policy::inspect;
        all[static_cast<std::size_t>(Cause::ambiguous_response)] = Policy::accept;
        return all;
    }
};

} // namespace nfsieve
