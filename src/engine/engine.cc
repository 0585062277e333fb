// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine_impl.h"
#include "nfsieve/packet/checksum.h"
#include "resets.h"

#include <algorithm>
#include <new>
#include <sys/random.h>

namespace nfsieve {
namespace {

HashKey random_key() {
    HashKey key{};
    // The kernel's pool is ready long before a gateway carries traffic; 16 bytes never come short.
    if (::getrandom(key.data(), sizeof key, 0) != static_cast<ssize_t>(sizeof key))
        throw std::bad_alloc();
    return key;
}

std::array<Duration, phase_count> timeouts(const EngineConfig& config) {
    return {config.handshake_timeout, config.established_timeout, config.closing_timeout,
            config.blocked_timeout};
}

} // namespace

Engine::Engine(const EngineConfig& config, const RuleSetSource& rules, const EngineOutputs& outputs)
    : config_(config), outputs_(outputs), report_(config_, outputs), flow_budget_(config.flow_memory),
      store_memory_(config.held_memory, config.held_per_flow), inspector_(config_, rules, flow_budget_),
      flows_(config.flow_memory / sizeof(Flow), random_key(), timeouts(config)) {
    findings_.reserve(64);
    resets_.reserve(64);
}

Engine::~Engine() {
    flows_.for_each([this](Flow& flow) { forget(flow); });
}

Decision Engine::judge(const Packet& packet) {
    if (started_ == Time())
        started_ = packet.time;
    report_.count(Counter::packets);
    report_.count(Counter::bytes, std::max<std::uint64_t>(packet.data.size(), packet.original_size));
    const Ruling ruling = judge_packet(packet);
    report_.count(ruling.account);
    return ruling.decision;
}

Ruling Engine::judge_packet(const Packet& packet) {
    const Decoded decoded = decode(packet.data);
    switch (decoded.status) {
    case DecodeStatus::tcp:
        if (packet.original_size > packet.data.size())
            return by_policy(Cause::truncated, nullptr, Side::client, packet.time, false);
        break;
    case DecodeStatus::truncated:
    case DecodeStatus::fragment: // only part of what the receiver will put together
        return by_policy(Cause::truncated, nullptr, Side::client, packet.time, false);
    case DecodeStatus::other_protocol:
        return uninspected(Counter::uninspected_not_tcp);
    case DecodeStatus::malformed:
        return by_policy(Cause::malformed, nullptr, Side::client, packet.time, false);
    }
    if (packet.verify_checksum && !checksums_valid(decoded.segment)) {
        report_.count(Counter::bad_checksum);
        return dropped;
    }
    return judge_segment(packet, decoded.segment);
}

Ruling Engine::judge_segment(const Packet& packet, const Segment& segment) {
    const KeyedSegment keyed = flow_key(segment, packet.zone);
    const std::uint64_t hash = flows_.hash(keyed.key);
    Flow* flow = flows_.find(keyed.key, hash);
    InFlight in{packet, segment, Side::client};
    if (flow == nullptr) {
        Ruling ruling = dropped;
        flow = open_flow(keyed, hash, in, ruling);
        if (flow == nullptr)
            return ruling;
    }
    in.from = keyed.from_low == flow->client_is_low ? Side::client : Side::server;
    flow->last_seen = packet.time;
    inspector_.refresh(*flow);
    return judge_in_flow(*flow, in);
}

Ruling Engine::judge_in_flow(Flow& flow, const InFlight& in) {
    const Segment& segment = in.segment;
    if (segment.has(tcp_flag::syn) && segment.payload_length > 0)
        return by_policy(Cause::fast_open, &flow, in.from, in.packet.time, true);

    const Connection::Step step = flow.connection.observe(in.from, segment, store_memory_);
    if (step == Connection::Step::restarted) {
        // A new connection on the same ports: nothing that was judged before concerns it.
        inspector_.end(flow);
        flow.state = FlowState::judging;
        flow.reject = false;
        flow.resets = 0;
        flow.reported = 0;
        flow.default_applies = false;
        inspector_.begin(flow, true);
        flows_.set_phase(flow, Phase::handshake);
        report_.count(Counter::flows);
        judge_connection(flow, in);
        return flow.state == FlowState::blocked ? end_blocked(flow, in) : passed;
    }
    if (flow.state == FlowState::blocked)
        return judge_blocked(flow, in);
    if (flow.state != FlowState::judging)
        return judge_released(flow, in);
    if (step != Connection::Step::segment)
        return judge_handshake(flow, in, step);
    return judge_stream(flow, in);
}

Ruling Engine::judge_handshake(Flow& flow, const InFlight& in, Connection::Step step) {
    if (step == Connection::Step::premature)
        return by_policy(Cause::one_way, &flow, in.from, in.packet.time, true);
    if (in.segment.has(tcp_flag::rst)) {
        flow.connection.note_reset();
        flows_.set_phase(flow, Phase::closing);
    }
    return passed;
}

Ruling Engine::judge_blocked(Flow& flow, const InFlight& in) {
    // A new connection may be tried on these ports; only the server's answer ends the block.
    if (in.segment.has(tcp_flag::syn) && !in.segment.has(tcp_flag::ack) && flow.connection.established())
        return passed;
    return end_blocked(flow, in);
}

/// The flow passes, but what was judged of it must still be what the receiver reads.
Ruling Engine::judge_released(Flow& flow, const InFlight& in) {
    HalfStream& mine = flow.connection.sent_by(in.from);
    HalfStream& peer = flow.connection.sent_by(other(in.from));
    const Segment& segment = in.segment;
    if (segment.has(tcp_flag::ack) && !segment.has(tcp_flag::rst) && peer.synchronised() &&
        !peer.store().empty())
        static_cast<void>(peer.acknowledge(segment.acknowledgment, store_memory_));
    if (segment.payload_length > 0 && !mine.store().empty() &&
        mine.plan(segment.sequence, segment.payload, false).kind == HalfStream::Kind::conflicting) {
        report_.count(Counter::conflicting);
        report_.anomaly(flow, Anomaly::conflicting, in.from, false, in.packet.time);
        return dropped;
    }
    mine.follow(segment.sequence, segment.payload_length, false);
    if (flow.state == FlowState::passed)
        return uninspected(uninspected_counter(flow.passed_for));
    return {{Verdict::accept, mine.store().empty() && peer.store().empty()}, Counter::uninspected_done};
}

/// What the operator wants done about a cause. `whole_flow`: later bytes could not be judged either.
Ruling Engine::by_policy(Cause cause, Flow* flow, Side from, Time now, bool whole_flow) {
    const Policy policy = config_.policy(cause);
    const bool passes = policy == Policy::accept || policy == Policy::inspect;
    if (flow != nullptr)
        report_.anomaly(*flow, cause, from, !passes, now);
    report_.count(cause);
    if (passes) {
        if (flow != nullptr && whole_flow && flow->state == FlowState::judging) {
            release(*flow, FlowState::passed);
            flow->passed_for = cause;
        }
        return uninspected(uninspected_counter(cause));
    }
    return dropped;
}

/// A packet of a blocked flow: dropped, and where the ends are to know, answered with a reset.
Ruling Engine::end_blocked(Flow& flow, const InFlight& in) {
    if (flow.reject && outputs_.resets != nullptr && !in.segment.has(tcp_flag::rst))
        reset_both_ends(flow, in.from, in.segment, resets_);
    flow.connection.clear(store_memory_);
    return dropped;
}

/// Resets must not overtake the packets before them: a receiver that has not seen those would ignore the
/// reset.
void Engine::settle() {
    for (const ResetRequest& request : resets_)
        report_.count(outputs_.resets->send(request) ? Counter::resets_sent : Counter::reset_errors);
    resets_.clear();
}

void Engine::tick(Time now) {
    inspector_.tick(flows_, now);
    flows_.expire(now, 4096, [this](Flow& flow) {
        forget(flow);
        report_.count(Counter::flows_expired);
    });
}

std::unique_ptr<Judge> make_engine(const EngineConfig& config, const RuleSetSource& rules,
                                   const EngineOutputs& outputs) {
    return std::make_unique<Engine>(config, rules, outputs);
}

} // namespace nfsieve
