// SPDX-License-Identifier: GPL-2.0-or-later
// The engine's class, for the files that define it: engine.cc walks a packet to its flow, engine_flows.cc
// begins and ends flows, engine_streams.cc judges their bytes.
#pragma once

#include "flow.h"
#include "flow_inspector.h"
#include "nfsieve/engine/engine.h"
#include "nfsieve/flow/forgotten_flows.h"
#include "nfsieve/packet/decode.h"
#include "reporter.h"

#include <array>
#include <optional>
#include <span>
#include <vector>

namespace nfsieve {

/// A decision and the one counter that accounts for it.
struct Ruling {
    Decision decision;
    Counter account;
};

inline constexpr Ruling passed{{Verdict::accept}, Counter::judged_accept};
inline constexpr Ruling dropped{{Verdict::drop}, Counter::judged_drop};

constexpr Ruling uninspected(Counter account) {
    return {{Verdict::accept}, account};
}

constexpr bool lets_pass(Policy policy) {
    return policy == Policy::accept || policy == Policy::inspect;
}

/// Data with SYN that can be inspected never comes to a policy.
inline bool lets_pass(const EngineConfig& config, Cause cause) {
    return cause == Cause::fast_open ? config.policy(cause) == Policy::accept
                                     : lets_pass(config.policy(cause));
}

/// One packet on its way through the engine.
struct InFlight {
    const Packet& packet;
    const Segment& segment;
    Side from;
};

class Engine final : public Judge {
public:
    Engine(const EngineConfig& config, const RuleSetSource& rules, const EngineOutputs& outputs);
    ~Engine() override;
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    void expect(std::span<const Packet> batch) override;
    Decision judge(const Packet& packet) override;
    void settle() override;
    void tick(Time now) override;

private:
    /// A packet that was decoded ahead of its turn.
    struct Expected {
        Expected(Engine& engine, const Packet& which);
        const Packet* packet;
        Decoded decoded;
        KeyedSegment keyed;     ///< where it is TCP
        std::uint64_t hash = 0; ///< of `keyed`
    };
    static constexpr std::size_t most_expected = 32;

    void expect_alone(const Packet& packet);
    static void fetch_for(const Flow& flow, const Expected& expected);
    Ruling judge_packet(const Expected& expected);
    Ruling judge_truncated(const Expected& expected);
    Ruling judge_segment(const Expected& expected);
    std::uint64_t hash_of(const FlowKey& key);
    Ruling judge_in_flow(Flow& flow, InFlight& in);
    Ruling judge_by_state(Flow& flow, InFlight& in);
    std::optional<Ruling> judge_early(Flow& flow, const InFlight& in);
    std::optional<Ruling> settle_early(Flow& flow, InFlight& in);
    [[nodiscard]] static bool confuses_early(const Flow& flow, const InFlight& in);
    void drop_early(Flow& flow);
    FlowAside& aside_of(Flow& flow);
    bool afford_aside(Flow& flow, std::size_t more);
    void put_aside_away(Flow& flow);
    Ruling restart(Flow& flow, InFlight& in);
    static void turn(Flow& flow, InFlight& in);
    std::optional<Ruling> pick_up(Flow& flow, InFlight& in);
    void adopt(Flow& flow, Side from, const InFlight& in);
    Ruling judge_alone(Flow& flow, const InFlight& in, Ruling ruling);
    void let_pass(Flow& flow, const InFlight& in);
    Ruling judge_as_packet(Flow& flow, const InFlight& in, Ruling ruling);
    Ruling judge_handshake(Flow& flow, const InFlight& in, Connection::Step step);
    Ruling judge_blocked(Flow& flow, const InFlight& in);
    Ruling judge_released(Flow& flow, const InFlight& in);
    Ruling end_where_final(Flow& flow, const InFlight& in, Ruling ruling);
    [[nodiscard]] Decision let_go(Flow& flow, const Segment& segment);
    std::optional<Ruling> take_back(Flow& flow, InFlight& in);
    Ruling judge_stream(Flow& flow, const InFlight& in);
    Ruling judge_ahead(Flow& flow, const InFlight& in, const HalfStream::Plan& plan);
    Ruling judge_in_order(Flow& flow, const InFlight& in, const HalfStream::Plan& plan);
    std::optional<Ruling> take_acknowledgment(Flow& flow, const InFlight& in);
    std::optional<Ruling> take_gap(Flow& flow, Side sender, const InFlight& in);
    bool skip_gap(Flow& flow, Side sender, const InFlight& in);
    bool judge_held(Flow& flow, Side sender, const InFlight& in);
    void acknowledge_unjudged(Flow& flow, const InFlight& in);
    void follow_phase(Flow& flow);
    Ruling conflict(Flow& flow, const InFlight& in);
    [[nodiscard]] static PacketFacts facts(const Flow& flow, const InFlight& in) {
        return {&in.segment, in.packet.time, flow.connection.resumed(),
                flow.early() != nullptr && in.segment.has(tcp_flag::syn)};
    }
    [[nodiscard]] static Arrival arrival(const Flow& flow, const InFlight& in);

    Flow* open_flow(const KeyedSegment& keyed, std::uint64_t hash, const InFlight& in, Ruling& ruling);
    [[nodiscard]] bool came_back(const Packet& packet, std::uint64_t hash) const;
    bool spoofed(Flow& flow, const InFlight& in, Ruling& ruling) {
        const std::uint32_t known = flow.interfaces[index(in.from)];
        return in.packet.interface != 0 && in.packet.interface != known && came_elsewhere(flow, in, ruling);
    }
    bool came_elsewhere(Flow& flow, const InFlight& in, Ruling& ruling);
    /// What connection rules went by when they judged a flow, and that one of them accepted it.
    struct Judged {
        Header header;
        bool accepted;
    };
    void judge_connection(Flow& flow, const InFlight& in, const Judged* before = nullptr);
    void set_accept_bounds(Flow& flow);
    [[nodiscard]] static bool may_be_accepted(const Flow& flow, Side sender);
    bool make_room(const Flow* keep, Time now);
    bool compress_resting(const Flow* keep, Time now, std::size_t most, std::size_t enough);
    void retire(Flow& flow);
    void forget(Flow& flow);

    enum class Fed { go_on, decided, refused };
    Fed feed(Flow& flow, Side sender, Bytes bytes, const InFlight& in);
    Fed finish(Flow& flow, Side sender, const InFlight& in);
    Fed judged(Flow& flow, Side sender, FlowInspector::Outcome outcome, Bytes bytes, const InFlight& in);
    void note_protocol(Flow& flow, Side sender, Time now);
    Bytes shown(Flow& flow, Side sender, Bytes bytes);
    [[nodiscard]] std::size_t recent_cost() const;
    void drop_recent(Flow& flow, Side sender);
    void cut_findings(const Flow& flow, Side sender, std::uint64_t before);
    bool refuses_end(Flow& flow, Side sender, Time now);
    bool carry_out_findings(Flow& flow, Side sender, Bytes payload, Time now);
    void apply_default(Flow& flow, Side sender, Time now);

    void end_inspection(Flow& flow);
    void release(Flow& flow, FlowState state);
    void block(Flow& flow, bool reject);
    enum class Concerns { packet, whole_flow };
    Ruling by_policy(Cause cause, Flow& flow, Side from, Time now, Concerns what);
    Ruling by_policy(Cause cause, const Packet& packet, const Segment& segment);
    Ruling refuse(Cause cause, Flow& flow, const InFlight& in, Concerns what);
    Ruling end_blocked(Flow& flow, const InFlight& in);

    const EngineConfig config_;
    EngineOutputs outputs_;
    Reporter report_;
    MemoryBudget flow_budget_;
    StoreMemory store_memory_;
    ConnectionMemory connection_memory_{store_memory_, flow_budget_};
    std::unique_ptr<HostTable> own_hosts_; ///< where none is shared
    FlowInspector inspector_;
    Flows flows_;
    FlowKey last_key_; ///< packets of a flow come one behind the other: what was hashed last …
    std::uint64_t last_hash_ = flows_.hash(last_key_); ///< … is often the next
    std::vector<Expected> expected_; ///< packets from `next_expected_` on are still to be judged
    std::size_t next_expected_ = 0;
    ForgottenFlows forgotten_;
    std::vector<Finding> findings_;
    bool payload_fed_ = false; ///< the payload of the packet at hand was judged as a part of the stream
    std::vector<ResetRequest> resets_; ///< since the last settle()
    Time started_;                     ///< time of the first packet
};

} // namespace nfsieve
