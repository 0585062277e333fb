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
    return {config.handshake_timeout,   config.established_timeout, config.established_timeout,
            config.established_timeout, config.closing_timeout,     config.blocked_timeout};
}

constexpr std::size_t worth_fetching = 2048; ///< flows; with what they point at some megabyte
constexpr std::size_t cache_line = 64;
constexpr std::size_t matcher_state_read = 192; ///< bytes of a Vectorscan stream that every scan reads

/// Fetches what begins there into the cache, and goes on meanwhile.
void fetch(const void* at, std::size_t size) {
    for (std::size_t offset = 0; offset < size; offset += cache_line)
        __builtin_prefetch(static_cast<const char*>(at) + offset);
}

} // namespace

Engine::Engine(const EngineConfig& config, const RuleSetSource& rules, const EngineOutputs& outputs)
    : config_(config), outputs_(outputs), report_(config_, outputs), flow_budget_(config.flow_memory),
      store_memory_(config.held_memory, config.held_per_flow, random_key()),
      own_hosts_(outputs.hosts == nullptr ? std::make_unique<HostTable>() : nullptr),
      inspector_(config_, rules, flow_budget_, own_hosts_ ? *own_hosts_ : *outputs.hosts),
      flows_(config.flow_memory / flow_cost, random_key(), timeouts(config)) {
    expected_.reserve(most_expected);
    findings_.reserve(64);
    resets_.reserve(64);
}

Engine::~Engine() {
    flows_.for_each([this](Flow& flow) { forget(flow); });
}

Engine::Expected::Expected(Engine& engine, const Packet& which)
    : packet(&which), decoded(decode(which.data)) {
    if (decoded.status != DecodeStatus::tcp && decoded.status != DecodeStatus::truncated)
        return;
    keyed = flow_key(decoded.segment, which.zone);
    hash = engine.hash_of(keyed.key);
}

/// Each pass fetches what the next one reads, for all packets: by then it is there. Few flows are in the
/// cache anyway, and their packets are decoded as they are judged, with their bytes at hand.
void Engine::expect(std::span<const Packet> batch) {
    expected_.clear();
    next_expected_ = 0;
    if (flows_.size() < worth_fetching)
        return;
    for (const Packet& packet : batch.first(std::min(batch.size(), most_expected)))
        flows_.fetch_bucket(expected_.emplace_back(*this, packet).hash);
    for (const Expected& expected : expected_)
        if (const Flow* const flow = flows_.first_in_bucket(expected.hash))
            fetch(flow, sizeof *flow);
    for (const Expected& expected : expected_)
        if (const Flow* const flow = flows_.first_in_bucket(expected.hash))
            fetch_for(*flow, expected);
}

/// What a flow points at and this packet asks for.
void Engine::fetch_for(const Flow& flow, const Expected& expected) {
    const Side sender = expected.keyed.from_low == flow.client_is_low ? Side::client : Side::server;
    if (expected.decoded.segment.payload.empty()) {
        flow.connection.sent_by(other(sender)).store().fetch();
        return;
    }
    flow.connection.sent_by(sender).store().fetch();
    if (const hs_stream_t* const stream = flow.streams[index(sender)].stream)
        fetch(stream, matcher_state_read);
}

void Engine::expect_alone(const Packet& packet) {
    expected_.clear();
    expected_.emplace_back(*this, packet);
    next_expected_ = 0;
}

Decision Engine::judge(const Packet& packet) {
    if (started_ == Time())
        started_ = packet.time;
    if (next_expected_ == expected_.size() || expected_[next_expected_].packet != &packet)
        expect_alone(packet);
    report_.count(Counter::packets);
    report_.count(Counter::bytes, std::max<std::uint64_t>(packet.data.size(), packet.original_size));
    const Ruling ruling = judge_packet(expected_[next_expected_++]);
    report_.count(ruling.account);
    return ruling.decision;
}

Ruling Engine::judge_packet(const Expected& expected) {
    const Packet& packet = *expected.packet;
    const Decoded& decoded = expected.decoded;
    switch (decoded.status) {
    case DecodeStatus::tcp:
        if (packet.original_size > packet.data.size())
            return judge_truncated(expected);
        break;
    case DecodeStatus::truncated:
        return judge_truncated(expected);
    case DecodeStatus::fragment: // only part of what the receiver will put together
        return by_policy(Cause::truncated, packet, decoded.segment);
    case DecodeStatus::other_protocol:
        return uninspected(Counter::uninspected_not_tcp);
    case DecodeStatus::malformed:
        return by_policy(Cause::malformed, packet, decoded.segment);
    }
    if (packet.verify_checksum && !checksums_valid(decoded.segment)) {
        report_.count(Counter::bad_checksum);
        return dropped;
    }
    // RFC 9293 section 3.10.7.4: without ACK it is thrown away.
    if (!decoded.segment.has(tcp_flag::ack | tcp_flag::syn | tcp_flag::rst)) {
        report_.count(Counter::no_ack);
        return dropped;
    }
    return judge_segment(expected);
}

std::uint64_t Engine::hash_of(const FlowKey& key) {
    if (key != last_key_) {
        last_key_ = key;
        last_hash_ = flows_.hash(key);
    }
    return last_hash_;
}

/// The rest of its flow cannot be judged without the bytes that are missing.
Ruling Engine::judge_truncated(const Expected& expected) {
    const Packet& packet = *expected.packet;
    const Segment& segment = expected.decoded.segment;
    const KeyedSegment& keyed = expected.keyed;
    Flow* const flow = flows_.find(keyed.key, expected.hash);
    if (flow == nullptr)
        return by_policy(Cause::truncated, packet, segment);
    if (flow->state == FlowState::blocked)
        return dropped;
    const Side from = keyed.from_low == flow->client_is_low ? Side::client : Side::server;
    Flows::touch(*flow, packet.time);
    return refuse(Cause::truncated, *flow, {packet, segment, from}, Concerns::whole_flow);
}

Ruling Engine::judge_segment(const Expected& expected) {
    const Packet& packet = *expected.packet;
    const KeyedSegment& keyed = expected.keyed;
    Flow* flow = flows_.find(keyed.key, expected.hash);
    InFlight in{packet, expected.decoded.segment, Side::client};
    if (flow == nullptr) {
        Ruling ruling = dropped;
        flow = open_flow(keyed, expected.hash, in, ruling);
        if (flow == nullptr)
            return ruling;
    }
    in.from = keyed.from_low == flow->client_is_low ? Side::client : Side::server;
    Flows::touch(*flow, packet.time);
    if (flow->state == FlowState::done)
        if (const auto ruling = take_back(*flow, in))
            return *ruling;
    inspector_.refresh(*flow);
    return judge_in_flow(*flow, in);
}

Ruling Engine::judge_in_flow(Flow& flow, InFlight& in) {
    Ruling ruling = dropped;
    if (spoofed(flow, in, ruling))
        return ruling;
    // Receivers take the byte that the urgent pointer names out of the stream. The pointer may come long
    // before the byte, in a segment without payload and in the handshake too (tcp_urg() in Linux's
    // net/ipv4/tcp_input.c).
    const bool urgent = in.segment.has(tcp_flag::urg);
    if (urgent) {
        ruling = refuse(Cause::urgent, flow, in, Concerns::packet);
        if (ruling.decision.verdict == Verdict::drop)
            return ruling;
    }
    payload_fed_ = false;
    ruling = judge_by_state(flow, in);
    if (!in.segment.payload.empty() && !payload_fed_ && !inspector_.rules().signatures().empty() &&
        (flow.state == FlowState::judging || flow.state == FlowState::passed))
        ruling = judge_alone(flow, in, ruling);
    // A SYN may begin another connection, and is judged even where this one is done.
    const bool concerned =
        flow.state == FlowState::judging || (flow.state == FlowState::done && in.segment.has(tcp_flag::syn));
    if (ruling.decision.verdict == Verdict::accept && concerned &&
        inspector_.judges_packets(in.from, in.segment.flags))
        ruling = judge_as_packet(flow, in, ruling);
    if (urgent && ruling.account == Counter::judged_accept)
        ruling.account = Counter::uninspected_urgent;
    return ruling;
}

Ruling Engine::judge_by_state(Flow& flow, InFlight& in) {
    // The short way of nearly all: no SYN or RST waits for more.
    if (in.segment.goes_on() && flow.state == FlowState::judging && flow.connection.at_rest(in.from))
        return end_where_final(flow, in, judge_stream(flow, in));
    if (in.segment.has(tcp_flag::syn) && in.segment.payload_length > 0) {
        let_pass(flow, in);
        if (const auto ruling = judge_early(flow, in))
            return *ruling;
        return refuse(Cause::fast_open, flow, in, Concerns::whole_flow);
    }
    if (confuses_early(flow, in))
        return refuse(Cause::fast_open, flow, in, Concerns::packet);

    Connection::Step step = flow.connection.observe(in.from, in.segment, connection_memory_);
    if (step == Connection::Step::no_memory && make_room(&flow, in.packet.time))
        step = flow.connection.observe(in.from, in.segment, connection_memory_);
    if (step == Connection::Step::no_memory)
        return refuse(Cause::memcap, flow, in, Concerns::packet);
    if (const auto ruling = settle_early(flow, in))
        return *ruling;
    if (in.segment.has(tcp_flag::syn) && flow.connection.sent_by(other(in.from)).synchronised())
        forgotten_.remove(flow.hash); // a SYN|ACK: a new connection has begun
    if (step == Connection::Step::restarted)
        return restart(flow, in);
    if (step == Connection::Step::living) {
        if (const auto ruling = pick_up(flow, in))
            return *ruling;
        step = Connection::Step::segment;
    }
    follow_phase(flow);
    if (flow.state == FlowState::blocked)
        return judge_blocked(flow, in);
    if (flow.state != FlowState::judging)
        return judge_released(flow, in);
    if (step != Connection::Step::segment)
        return judge_handshake(flow, in, step);
    return end_where_final(flow, in, judge_stream(flow, in));
}

/// Ends the inspection of a flow that no rule can match any more.
Ruling Engine::end_where_final(Flow& flow, const InFlight& in, Ruling ruling) {
    if (flow.state == FlowState::judging && ruling.decision.verdict == Verdict::accept &&
        flow.connection.established() && !flow.default_applies && inspector_.is_final(flow)) {
        release(flow, FlowState::done);
        ruling.decision = let_go(flow, in.segment);
    }
    return ruling;
}

/// Payload that is no part of the stream (yet) is held against rules about packets, and where no stream is
/// judged, against all rules about payload.
Ruling Engine::judge_alone(Flow& flow, const InFlight& in, Ruling ruling) {
    if (ruling.decision.verdict == Verdict::accept) {
        let_pass(flow, in);
        if (flow.state == FlowState::done)
            return ruling;
    }
    const bool tracked = flow.state == FlowState::judging && flow.connection.established();
    findings_.clear();
    if (inspector_.judge_lone(flow, in.from, facts(flow, in), tracked, findings_) !=
        FlowInspector::Outcome::fine)
        return by_policy(Cause::matcher_error, flow, in.from, in.packet.time, Concerns::packet);
    if (findings_.empty() || !carry_out_findings(flow, in.from, in.segment.payload, in.packet.time))
        return ruling;
    return flow.state == FlowState::blocked ? end_blocked(flow, in) : ruling;
}

/// A pass rule about the packet itself holds before its first byte is read. Only for packets that may pass:
/// anybody can make one up that its receiver would ignore.
void Engine::let_pass(Flow& flow, const InFlight& in) {
    if (flow.state != FlowState::judging || in.segment.payload.empty() || !inspector_.passes_packets(in.from))
        return;
    findings_.clear();
    inspector_.judge_packet(flow, in.from, true, facts(flow, in), findings_);
    static_cast<void>(carry_out_findings(flow, in.from, in.segment.payload, in.packet.time));
}

/// All rules about the packet itself.
Ruling Engine::judge_as_packet(Flow& flow, const InFlight& in, Ruling ruling) {
    findings_.clear();
    inspector_.judge_packet(flow, in.from, false, facts(flow, in), findings_);
    if (!findings_.empty() && carry_out_findings(flow, in.from, in.segment.payload, in.packet.time) &&
        flow.state == FlowState::blocked)
        return end_blocked(flow, in);
    if (flow.state == FlowState::done)
        inspector_.give_back(flow);
    return ruling;
}

/// A new connection on the same ports: nothing that was judged before concerns it.
Ruling Engine::restart(Flow& flow, InFlight& in) {
    if (in.from == Side::client) {
        // Who answers a SYN is the server; a connection that was picked up may have been taken the other way
        // round.
        flow.connection.turn();
        turn(flow, in);
    }
    end_inspection(flow);
    drop_early(flow);
    flow.state = FlowState::judging;
    flow.reject = false;
    flow.encrypted = false;
    flow.resets = 0;
    flow.reported = 0;
    flow.gap_claimed = {false, false};
    flow.done_under = 0;
    inspector_.begin(flow, true);
    flows_.set_phase(flow, Phase::handshake);
    report_.count(Counter::flows);
    judge_connection(flow, in);
    return flow.state == FlowState::blocked ? end_blocked(flow, in) : passed;
}

Ruling Engine::judge_handshake(Flow& flow, const InFlight& in, Connection::Step step) {
    if (step == Connection::Step::premature)
        return refuse(Cause::one_way, flow, in, Concerns::whole_flow);
    return passed;
}

/// What a flow's time is: the ends say it by their handshake, FINs and RSTs.
void Engine::follow_phase(Flow& flow) {
    if (flow.phase == Phase::blocked || flow.done_under != 0)
        return;
    if (flow.connection.closing())
        flows_.set_phase(flow, Phase::closing);
    else if (flow.connection.established())
        flows_.set_phase(flow, flow.phase == Phase::resting ? Phase::resting : Phase::established);
    else
        flows_.set_phase(flow, flow.connection.adopted() ? Phase::picked_up : Phase::handshake);
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
    const Segment& segment = in.segment;
    const bool fin = segment.has(tcp_flag::fin);
    acknowledge_unjudged(flow, in);
    if (segment.payload_length > 0 && !mine.store().empty()) {
        const auto kind = mine.plan(segment.sequence, segment.payload, false, store_memory_).kind;
        if (kind == HalfStream::Kind::conflicting)
            return conflict(flow, in);
        if (kind == HalfStream::Kind::unverifiable && config_.policy(Cause::unverifiable) != Policy::accept)
            return refuse(Cause::unverifiable, flow, in, Concerns::packet);
    }
    if (segment.sequence_length() > 0 && !segment.has(tcp_flag::syn) && mine.synchronised())
        mine.follow(segment.sequence, segment.payload_length, fin);
    follow_phase(flow);
    if (flow.state == FlowState::passed)
        return uninspected(uninspected_counter(flow.passed_for));
    return {let_go(flow, segment), Counter::uninspected_done};
}

/// The kernel may forward the rest by itself once the receivers have acknowledged all that was judged:
/// before, what gets lost could be sent again as something else. A SYN may belong to another connection,
/// which is not done, and before both ends are heard they may turn out to be in each other's place.
Decision Engine::let_go(Flow& flow, const Segment& segment) {
    const bool begun = flow.connection.established() || flow.connection.adopted();
    if (!begun || segment.has(tcp_flag::syn) || !flow.connection.sent_by(Side::client).store().empty() ||
        !flow.connection.sent_by(Side::server).store().empty())
        return {Verdict::accept};
    if (inspector_.mark_generation() != 0) {
        flow.done_under = inspector_.mark_generation();
        flows_.set_phase(flow, Phase::closing); // what still comes by here was under way
    }
    return {Verdict::accept, Fate::done, inspector_.mark_generation()};
}

/// A connection that was done is judged again once the rules have changed. Where its streams stand is not
/// known any more: the kernel forwarded them by itself, and goes on with that until it knows of the change.
/// Nothing where the packet is to be judged further.
std::optional<Ruling> Engine::take_back(Flow& flow, InFlight& in) {
    const bool told = flow.done_under != 0;
    const bool returned = (in.packet.mark & config_.marks.generation_mask()) == config_.marks.returned();
    if (!inspector_.changed_since(flow) || (told && !returned && inspector_.mark_generation() == 0) ||
        in.segment.has(tcp_flag::syn) || in.segment.has(tcp_flag::rst))
        return std::nullopt;
    if (!lets_pass(config_.policy(Cause::midstream)))
        return told ? std::optional(refuse(Cause::midstream, flow, in, Concerns::packet)) : std::nullopt;
    flow.done_under = 0;
    flow.connection.end(connection_memory_);
    flow.connection = Connection();
    flow.state = FlowState::judging;
    adopt(flow, in.from, in);
    if (flow.state == FlowState::judging)
        judge_connection(flow, in);
    return std::nullopt;
}

/// Takes note of an acknowledgment of bytes that no rule asks for.
void Engine::acknowledge_unjudged(Flow& flow, const InFlight& in) {
    HalfStream& peer = flow.connection.sent_by(other(in.from));
    if (!in.segment.has(tcp_flag::ack) || in.segment.has(tcp_flag::rst) || !peer.synchronised())
        return;
    if (peer.store().empty())
        peer.follow_ack(in.segment.acknowledgment);
    else
        static_cast<void>(peer.acknowledge(in.segment.acknowledgment,
                                           flow.connection.window(in.from, in.segment), store_memory_));
}

/// What the operator wants done about a cause. `whole_flow`: later bytes could not be judged either.
Ruling Engine::by_policy(Cause cause, Flow& flow, Side from, Time now, Concerns what) {
    const bool passes = lets_pass(config_, cause);
    report_.anomaly(flow, cause, from, !passes, now);
    report_.count(cause);
    if (!passes)
        return dropped;
    if (what == Concerns::whole_flow && flow.state == FlowState::judging) {
        release(flow, FlowState::passed);
        flow.passed_for = cause;
    }
    return uninspected(uninspected_counter(cause));
}

/// The same for a packet whose sender would send it again and again: with `reject` both ends learn that this
/// leads nowhere. A SYN ends no connection: who forges one need not even know where the streams stand.
Ruling Engine::refuse(Cause cause, Flow& flow, const InFlight& in, Concerns what) {
    const Ruling ruling = by_policy(cause, flow, in.from, in.packet.time, what);
    if (config_.policy(cause) != Policy::reject)
        return ruling;
    const bool begun = flow.connection.established() || flow.connection.adopted();
    const bool syn = in.segment.has(tcp_flag::syn);
    if (begun && !syn && flow.state != FlowState::blocked)
        block(flow, true);
    if (flow.state == FlowState::blocked)
        return end_blocked(flow, in);
    if (outputs_.resets != nullptr && !in.segment.has(tcp_flag::rst)) {
        if (begun && syn)
            reset_sender(flow, in.from, in.segment, resets_);
        else
            reset_both_ends(flow, in.from, in.segment, resets_);
    }
    return ruling;
}

/// The same for a packet that belongs to no flow.
Ruling Engine::by_policy(Cause cause, const Packet& packet, const Segment& segment) {
    const bool passes = lets_pass(config_, cause);
    report_.anomaly(segment, cause, !passes, packet.time);
    report_.count(cause);
    if (config_.policy(cause) == Policy::reject && outputs_.resets != nullptr)
        reset_unknown(segment, resets_);
    return passes ? uninspected(uninspected_counter(cause)) : dropped;
}

/// A packet of a blocked flow: dropped, and where the ends are to know, answered with a reset.
Ruling Engine::end_blocked(Flow& flow, const InFlight& in) {
    if (flow.reject && outputs_.resets != nullptr && !in.segment.has(tcp_flag::rst))
        reset_both_ends(flow, in.from, in.segment, resets_);
    flow.connection.clear(store_memory_);
    Ruling ruling = dropped;
    // A SYN may begin another connection: the kernel forgets what it was told with each.
    if (!in.segment.has(tcp_flag::syn))
        ruling.decision.fate = flow.reject && !flow.spared() ? Fate::rejected : Fate::blocked;
    return ruling;
}

/// Resets must not overtake the packets before them: a receiver that has not seen those would ignore the
/// reset.
void Engine::settle() {
    expected_.clear();
    next_expected_ = 0;
    for (const ResetRequest& request : resets_)
        report_.count(outputs_.resets->send(request) ? Counter::resets_sent : Counter::reset_errors);
    resets_.clear();
}

void Engine::tick(Time now) {
    inspector_.tick(flows_, now);
    flows_.expire(now, 4096, [this](Flow& flow) { retire(flow); });
    if (flow_budget_.used() > flow_budget_.limit() / 4 * 3)
        compress_resting(nullptr, now, 4096, flow_budget_.limit());
    report_.gauge(Counter::check_limits, inspector_.checks_given_up());
    report_.gauge(Counter::flows_alive, flows_.size());
    report_.gauge(Counter::flow_memory, flow_budget_.used());
    report_.gauge(Counter::held_memory, store_memory_.budget.used());
}

std::unique_ptr<Judge> make_engine(const EngineConfig& config, const RuleSetSource& rules,
                                   const EngineOutputs& outputs) {
    return std::make_unique<Engine>(config, rules, outputs);
}

} // namespace nfsieve
