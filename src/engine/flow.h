// SPDX-License-Identifier: GPL-2.0-or-later
// What the engine keeps of one connection.
#pragma once

#include "nfsieve/engine/config.h"
#include "nfsieve/flow/connection.h"
#include "nfsieve/flow/flow_table.h"
#include "nfsieve/inspect/app_layer.h"
#include "nfsieve/inspect/signature_matcher.h"
#include "nfsieve/inspect/stream_matcher.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>

namespace nfsieve {

/// How the packets of a flow are treated.
enum class FlowState : std::uint8_t {
    judging, ///< every byte is matched
    done,    ///< no rule can match any more, an accept rule has fired or the inspection depth is reached
    passed,  ///< a policy said to let it pass uninspected
    blocked,
};

/// Matcher state under one generation of the rules.
struct MatchStreams {
    std::array<MatchStream, 2> by_sender;      ///< [client's bytes, server's bytes]
    std::unique_ptr<SignatureFlow> signatures; ///< made when it is needed
    [[nodiscard]] MatchStream& operator[](std::size_t at) { return by_sender[at]; }
    [[nodiscard]] const MatchStream& operator[](std::size_t at) const { return by_sender[at]; }
};

/// What signatures need of a flow beside the generations of the rules.
struct FlowApp {
    AppLayer layer;
    FlowVariables variables;
    std::size_t charged = 0;                          ///< bytes, of all that signatures keep of the flow
    bool owing = false;                               ///< … which is more by now, and did not fit
    bool protocol_told = false, failure_told = false; ///< counted already
    std::array<Stage, 2> reached{};                   ///< by sender: how far the first transaction has come
};

/// The last bytes of a direction, for events.
class RecentBytes {
public:
    /// Keeps the last `most` bytes; always called with the same number.
    void append(Bytes bytes, std::size_t most) {
        if (!bytes_)
            bytes_.reset(new std::uint8_t[most]);
        const std::size_t kept = std::min<std::size_t>(size_, most - std::min(most, bytes.size()));
        std::memmove(bytes_.get(), bytes_.get() + (size_ - kept), kept);
        const Bytes last = bytes.last(std::min(bytes.size(), most - kept));
        std::copy(last.begin(), last.end(), bytes_.get() + kept);
        size_ = static_cast<std::uint16_t>(kept + last.size());
    }
    void clear() {
        bytes_.reset();
        size_ = 0;
    }
    [[nodiscard]] bool allocated() const { return bytes_ != nullptr; }
    [[nodiscard]] Bytes bytes() const { return {bytes_.get(), size_}; }

private:
    std::unique_ptr<std::uint8_t[]> bytes_;
    std::uint16_t size_ = 0;
};

/// Until when rules can match a flow, beside the `reach` of its streams. Known once it is asked for.
struct FlowEnd {
    static constexpr std::uint32_t never = 0xffffffff; ///< a reach: some rule can match all along
    bool known : 1 = false;
    bool http : 1 = false, tls : 1 = false; ///< some rule looks at such transactions
};

/// Data that came with the SYN. It was judged as the stream's first bytes; whether the receiver took it, its
/// SYN|ACK says.
struct EarlyData {
    std::uint32_t isn = 0;
    std::vector<std::uint8_t> bytes;
};

/// What few flows need.
struct FlowAside {
    std::optional<EarlyData> early;    ///< until a SYN is answered
    std::array<RecentBytes, 2> recent; ///< by sender, only while they come in tiny segments
    /// Where the default applies, by sender: no accept rule can match behind these offsets …
    std::array<std::uint64_t, 2> accept_until{0, 0};
    std::array<AcceptBounds, 2> accept_bounds; ///< … and no signature behind these stages
    std::optional<Side> spared;                ///< rejected, but this end is not told
};

/// What that is charged: itself and the allocator's overhead.
inline constexpr std::size_t aside_cost = sizeof(FlowAside) + 2 * sizeof(void*);

/// In the order in which packets need it: what finds the flow first, then what an acknowledgment looks at,
/// then what takes bytes.
struct alignas(64) Flow : FlowNode {
    FlowState state = FlowState::judging;
    Cause passed_for = Cause::midstream; ///< why, in FlowState::passed
    bool client_is_low : 1 = true;
    bool came_back : 1 = false; ///< when it was made, a flow with these ends had been forgotten
    bool default_applies : 1 =
        false;                  ///< the default action decides where no rule does; `aside` has its bounds
    bool reject : 1 = false;    ///< blocked, and both ends are to know
    bool encrypted : 1 = false; ///< both ends encrypt what they say (TLS, SSH); stays when the flow is done
    std::uint8_t resets = 0;    ///< sent so far
    /// By sender: the other end says that it has bytes which never came by. What lies behind them it would
    /// read.
    std::array<bool, 2> gap_claimed{false, false};
    std::uint32_t generation = 0;
    std::array<std::uint32_t, 2> interfaces{0, 0}; ///< by sender: where its packets come in; 0: not known
    std::uint32_t reported = 0;                    ///< anomalies that were already an event, a bit each
    std::uint8_t done_under = 0; ///< the mark with which the kernel was told that it is done; 0: it was not
    FlowEnd end;
    Connection connection;
    std::unique_ptr<FlowAside> aside;       ///< made where it is needed
    std::unique_ptr<MatchStreams> previous; ///< for the rules before these, while their grace lasts
    MatchStreams streams;                   ///< for the rules of `generation`
    std::unique_ptr<FlowApp> app;           ///< with the first byte, where there are signatures

    /// By what `sender` says in its transactions signatures can accept no more.
    [[nodiscard]] bool accept_is_decided(Side sender) const {
        const auto at = index(sender);
        if (!app || app->layer.protocol() == AppProtocol::none)
            return false;
        return !aside || app->reached[at] >=
                             aside->accept_bounds[at].until[static_cast<std::size_t>(app->layer.protocol())];
    }
    /// Data that came with a SYN which was not answered yet; null where there is none.
    [[nodiscard]] const EarlyData* early() const { return aside && aside->early ? &*aside->early : nullptr; }
    /// The end that is not told that the flow was rejected.
    [[nodiscard]] std::optional<Side> spared() const { return aside ? aside->spared : std::nullopt; }
    [[nodiscard]] MatchStream& stream(Side sender) { return streams[index(sender)]; }
    /// Some rule may match what this end sends.
    [[nodiscard]] bool judges(Side sender) const {
        const auto at = index(sender);
        return streams[at].concerned || (previous && (*previous)[at].concerned);
    }
    [[nodiscard]] Header header() const {
        Header header{key.low, key.high, key.low_port, key.high_port};
        if (!client_is_low) {
            std::swap(header.client, header.server);
            std::swap(header.client_port, header.server_port);
        }
        return header;
    }
};

using Flows = FlowTable<Flow>;

/// What that is charged which a flow keeps for the rules before these.
inline constexpr std::size_t previous_cost = sizeof(MatchStreams) + 2 * sizeof(void*);

/// What a flow is charged: its entry and its place in the table's buckets.
inline constexpr std::size_t flow_cost = sizeof(Flow) + Flows::bucket_cost;
static_assert(flow_cost - sizeof(MatchStreams) <= 256,
              "docs/architecture.md says what a flow at rest takes at most");
static_assert(sizeof(Flow) == 320 && sizeof(MatchStreams) == 88,
              "docs/configuration.md says how large they are");

} // namespace nfsieve
