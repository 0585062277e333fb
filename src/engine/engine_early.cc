// SPDX-License-Identifier: GPL-2.0-or-later
// Data that comes with a SYN (TCP Fast Open, RFC 7413), where the operator has it inspected: it is the
// stream's beginning for a receiver that takes it, and comes again with the same bytes for one that does not.
#include "engine_impl.h"

#include <algorithm>

namespace nfsieve {

/// Judges the data of a SYN that begins a connection. Nothing where the policy decides: which of several SYNs
/// a receiver takes could not be told.
std::optional<Ruling> Engine::judge_early(Flow& flow, const InFlight& in) {
    const Segment& segment = in.segment;
    if (config_.policy(Cause::fast_open) != Policy::inspect ||
        segment.has(tcp_flag::ack | tcp_flag::fin | tcp_flag::rst) || in.from != Side::client)
        return std::nullopt;
    if (const EarlyData* const early = flow.early()) {
        const bool again =
            segment.sequence == early->isn && std::equal(segment.payload.begin(), segment.payload.end(),
                                                         early->bytes.begin(), early->bytes.end());
        if (!again)
            return std::nullopt;
        static_cast<void>(flow.connection.observe(in.from, segment, connection_memory_));
        return flow.state == FlowState::judging ? passed : judge_released(flow, in);
    }
    if (!flow.connection.untouched() || flow.state != FlowState::judging ||
        !afford_aside(flow, segment.payload.size()))
        return std::nullopt;
    if (flow.connection.observe(in.from, segment, connection_memory_) == Connection::Step::no_memory) {
        flow_budget_.release(segment.payload.size());
        put_aside_away(flow);
        return std::nullopt;
    }
    flow.connection.note_early(in.from, segment);
    flow.aside->early = EarlyData{segment.sequence, {segment.payload.begin(), segment.payload.end()}};
    if (!flow.judges(in.from))
        return passed;
    const Fed fed = feed(flow, in.from, segment.payload, in);
    if (flow.state == FlowState::blocked)
        return end_blocked(flow, in);
    if (fed == Fed::refused) {
        drop_early(flow);
        flow.connection.forget_early();
        return dropped;
    }
    return flow.state == FlowState::passed ? uninspected(uninspected_counter(flow.passed_for)) : passed;
}

/// A segment of the handshake after which it could not be told any more whether the data was taken: another
/// SYN that the same acknowledgment would answer, or one of the other end.
bool Engine::confuses_early(const Flow& flow, const InFlight& in) {
    const Segment& segment = in.segment;
    const EarlyData* const early = flow.early();
    if (early == nullptr || !segment.has(tcp_flag::syn))
        return false;
    if (segment.has(tcp_flag::ack) == (in.from == Side::client))
        return true;
    const std::uint32_t ahead = segment.sequence - early->isn;
    return in.from == Side::client && ahead != 0 && ahead <= early->bytes.size();
}

/// The handshake has said which SYN was taken. Of the one with data, that is remembered until its receiver
/// acknowledges it; where it was another, nothing that was judged concerns the connection.
std::optional<Ruling> Engine::settle_early(Flow& flow, InFlight& in) {
    HalfStream& client = flow.connection.sent_by(Side::client);
    const EarlyData* const early = flow.early();
    if (early == nullptr || !client.synchronised())
        return std::nullopt;
    if (client.isn() != early->isn)
        return restart(flow, in);
    const std::uint32_t first = early->isn + 1;
    const Bytes bytes(early->bytes);
    const bool acknowledges = in.from == Side::server && in.segment.has(tcp_flag::ack);
    if (flow.state == FlowState::judging && !flow.judges(Side::client)) {
        client.follow(first, static_cast<std::uint32_t>(bytes.size()), false);
        if (acknowledges)
            client.follow_ack(in.segment.acknowledgment);
    } else {
        const HalfStream::Plan plan = client.plan(first, bytes, false, store_memory_);
        client.commit(plan, {}, store_memory_);
        if (acknowledges)
            static_cast<void>(
                client.acknowledge(in.segment.acknowledgment, in.segment.window, store_memory_));
    }
    drop_early(flow);
    return std::nullopt;
}

void Engine::drop_early(Flow& flow) {
    if (const EarlyData* const early = flow.early()) {
        flow_budget_.release(early->bytes.size());
        flow.aside->early.reset();
        put_aside_away(flow);
    }
}

} // namespace nfsieve
