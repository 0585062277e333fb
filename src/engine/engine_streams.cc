// SPDX-License-Identifier: GPL-2.0-or-later
// The bytes of a flow: in order, ahead, repeated; what rules and policies make of them.
#include "engine_impl.h"

#include <algorithm>

namespace nfsieve {

Ruling Engine::judge_stream(Flow& flow, const InFlight& in) {
    const Segment& segment = in.segment;
    if (!take_acknowledgment(flow, in))
        return end_blocked(flow, in);

    HalfStream& mine = flow.connection.sent_by(in.from);
    const bool fin = segment.has(tcp_flag::fin);
    if (segment.has(tcp_flag::rst)) {
        flow.connection.note_reset();
        flows_.set_phase(flow, Phase::closing);
        return passed;
    }
    if (flow.phase == Phase::handshake && flow.connection.established())
        flows_.set_phase(flow, Phase::established);
    else if (flow.phase == Phase::established && flow.connection.closing())
        flows_.set_phase(flow, Phase::closing);
    if (segment.payload_length == 0 && !fin)
        return passed;

    if (segment.has(tcp_flag::urg)) {
        const Ruling ruling = by_policy(Cause::urgent, &flow, in.from, in.packet.time, false);
        if (ruling.decision.verdict == Verdict::drop)
            return ruling;
    }
    if (!flow.judges(in.from)) {
        mine.follow(segment.sequence, segment.payload_length, fin);
        return passed;
    }

    HalfStream::Plan plan = mine.plan(segment.sequence, segment.payload, fin);
    if (plan.kind == HalfStream::Kind::before_start) {
        if (!mine.rewind(plan))
            return by_policy(Cause::unverifiable, &flow, in.from, in.packet.time, false);
        inspector_.restart(flow, in.from);
        plan = mine.plan(segment.sequence, segment.payload, fin);
    }
    switch (plan.kind) {
    case HalfStream::Kind::nothing_new:
        return passed;
    case HalfStream::Kind::in_order:
        return judge_in_order(flow, in, plan);
    case HalfStream::Kind::ahead:
        return judge_ahead(flow, in, plan);
    case HalfStream::Kind::unverifiable:
    case HalfStream::Kind::before_start:
        return by_policy(Cause::unverifiable, &flow, in.from, in.packet.time, false);
    case HalfStream::Kind::conflicting:
    case HalfStream::Kind::too_far:
        break;
    }
    report_.count(Counter::conflicting);
    report_.anomaly(flow, Anomaly::conflicting, in.from, false, in.packet.time);
    return dropped;
}

/// False where the flow got blocked.
bool Engine::take_acknowledgment(Flow& flow, const InFlight& in) {
    const Side sender = other(in.from);
    HalfStream& peer = flow.connection.sent_by(sender);
    if (!in.segment.has(tcp_flag::ack) || in.segment.has(tcp_flag::rst) || !peer.synchronised())
        return true;
    if (!flow.judges(sender)) {
        peer.follow_ack(in.segment.acknowledgment);
        return true;
    }
    if (peer.acknowledge(in.segment.acknowledgment, store_memory_) == HalfStream::Ack::fine)
        return true;
    // Bytes that were under way before a connection was picked up never came by here.
    if (!flow.connection.adopted()) {
        report_.count(Cause::gap);
        report_.anomaly(flow, Cause::gap, sender, config_.policy(Cause::gap) != Policy::accept,
                        in.packet.time);
        if (config_.policy(Cause::gap) != Policy::accept) {
            block(flow, config_.policy(Cause::gap) == Policy::reject);
            return false;
        }
    }
    peer.skip_gap(store_memory_);
    inspector_.restart(flow, sender);
    std::uint64_t at = peer.next();
    while (const auto piece = peer.held_at(at)) {
        const Fed fed = feed(flow, sender, *piece, in);
        if (fed == Fed::refused && flow.state != FlowState::blocked)
            block(flow, false); // these bytes have passed already: what follows them could not be judged
        if (fed != Fed::go_on)
            return flow.state != FlowState::blocked;
        at += piece->size();
    }
    peer.commit_held(store_memory_);
    return true;
}

Ruling Engine::judge_ahead(Flow& flow, const InFlight& in, const HalfStream::Plan& plan) {
    if (flow.connection.sent_by(in.from).hold(plan, in.packet.slab, store_memory_))
        return passed;
    return by_policy(Cause::memcap, &flow, in.from, in.packet.time, false);
}

Ruling Engine::judge_in_order(Flow& flow, const InFlight& in, const HalfStream::Plan& plan) {
    HalfStream& mine = flow.connection.sent_by(in.from);
    std::uint64_t at = plan.end;
    const bool beyond_depth = !plan.fresh.empty() && flow.stream(in.from).fed >= config_.depth;
    Fed fed = feed(flow, in.from, plan.fresh, in);
    for (auto piece = mine.held_at(at); fed == Fed::go_on && piece; piece = mine.held_at(at)) {
        fed = feed(flow, in.from, *piece, in);
        at += piece->size();
    }
    const bool ends = plan.fin ? at == plan.end : mine.fin_offset() == at;
    if (fed == Fed::go_on && ends)
        fed = finish(flow, in.from, in);

    if (flow.state == FlowState::blocked)
        return end_blocked(flow, in);
    if (fed == Fed::refused)
        return dropped;
    mine.commit(plan, in.packet.slab, store_memory_);
    if (flow.state == FlowState::passed)
        return uninspected(uninspected_counter(flow.passed_for));
    return beyond_depth ? uninspected(Counter::uninspected_done) : passed;
}

Engine::Fed Engine::feed(Flow& flow, Side sender, Bytes bytes, const InFlight& in) {
    if (bytes.empty())
        return Fed::go_on;
    const std::uint64_t before = flow.stream(sender).fed;
    if (before >= config_.depth)
        return Fed::go_on;
    const Bytes within =
        bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), config_.depth - before)));
    findings_.clear();
    FlowInspector::Outcome outcome = inspector_.feed(flow, sender, within, findings_);
    if (outcome == FlowInspector::Outcome::no_memory && make_room(&flow)) {
        findings_.clear();
        outcome = inspector_.feed(flow, sender, within, findings_);
    }
    const Fed fed = judged(flow, sender, outcome, shown(flow, sender, within), in);
    if (fed == Fed::go_on && config_.depth != no_limit) {
        const auto beyond = [&](Side side) {
            return !flow.judges(side) || flow.stream(side).fed >= config_.depth;
        };
        if (beyond(Side::client) && beyond(Side::server)) {
            release(flow, FlowState::accepted);
            return Fed::decided;
        }
    }
    return fed;
}

Engine::Fed Engine::finish(Flow& flow, Side sender, const InFlight& in) {
    findings_.clear();
    return judged(flow, sender, inspector_.finish(flow, sender, findings_), {}, in);
}

Engine::Fed Engine::judged(Flow& flow, Side sender, FlowInspector::Outcome outcome, Bytes bytes,
                           const InFlight& in) {
    if (outcome != FlowInspector::Outcome::fine) {
        const bool memory = outcome == FlowInspector::Outcome::no_memory;
        const Ruling ruling =
            by_policy(memory ? Cause::memcap : Cause::matcher_error, &flow, sender, in.packet.time, !memory);
        if (ruling.decision.verdict == Verdict::drop) {
            // After a failure the matcher's state says nothing: no later byte could be judged either.
            if (!memory)
                block(flow, config_.policy(Cause::matcher_error) == Policy::reject);
            return Fed::refused;
        }
        release(flow, FlowState::passed);
        flow.passed_for = memory ? Cause::memcap : Cause::matcher_error;
        return Fed::decided;
    }
    if (!findings_.empty() && carry_out_findings(flow, sender, bytes, in.packet.time))
        return Fed::decided;
    apply_default(flow, sender, in.packet.time);
    return flow.state == FlowState::judging ? Fed::go_on : Fed::decided;
}

/// What an event shows of the bytes at hand: their beginning, or where they are few, those before them too.
Bytes Engine::shown(Flow& flow, Side sender, Bytes bytes) {
    auto& recent = flow.recent[static_cast<std::size_t>(sender)];
    if (bytes.size() >= config_.event_payload) {
        recent.reset();
        return bytes;
    }
    if (!recent)
        recent = std::make_unique<std::string>();
    recent->append(as_text(bytes));
    if (recent->size() > config_.event_payload)
        recent->erase(0, recent->size() - config_.event_payload);
    return as_bytes(*recent);
}

/// True where a rule has decided the flow.
bool Engine::carry_out_findings(Flow& flow, Side sender, Bytes payload, Time now) {
    for (const Finding& finding : findings_) {
        report_.match(flow, inspector_, finding, sender, payload, now);
        switch (inspector_.rules().rules()[finding.rule].action) {
        case Action::alert:
            break;
        case Action::accept:
            release(flow, FlowState::accepted);
            return true;
        case Action::drop:
        case Action::reject:
            block(flow, inspector_.rules().rules()[finding.rule].action == Action::reject);
            return true;
        }
    }
    return false;
}

} // namespace nfsieve
