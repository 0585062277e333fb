// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/engine/engine.h"

#include "flow.h"
#include "flow_inspector.h"
#include "nfsieve/packet/checksum.h"
#include "nfsieve/packet/decode.h"
#include "reporter.h"
#include "resets.h"

#include <algorithm>
#include <sys/random.h>

namespace nfsieve {
namespace {

/// A decision and the one counter that accounts for it.
struct Ruling {
    Decision decision;
    Counter account;
};

constexpr Ruling passed{{Verdict::accept, false}, Counter::judged_accept};
constexpr Ruling dropped{{Verdict::drop, false}, Counter::judged_drop};

constexpr Ruling uninspected(Counter account) {
    return {{Verdict::accept, false}, account};
}

HashKey random_key() {
    HashKey key{};
    // The kernel's pool is ready long before a gateway carries traffic; 16 bytes never come short.
    if (::getrandom(key.data(), sizeof key, 0) != static_cast<ssize_t>(sizeof key))
        throw std::bad_alloc();
    return key;
}

std::array<Duration, phase_count> timeouts(const EngineConfig& config) {
    // A blocked flow is remembered as long as a live one: its ends go on trying.
    return {config.handshake_timeout, config.established_timeout, config.closing_timeout,
            config.established_timeout};
}

/// One packet on its way through the engine.
struct InFlight {
    const Packet& packet;
    const Segment& segment;
    Side from;
};

class Engine final : public Judge {
public:
    Engine(const EngineConfig& config, const RuleSetSource& rules, const EngineOutputs& outputs)
        : config_(config), outputs_(outputs), report_(config_, outputs), flow_budget_(config.flow_memory),
          store_memory_(config.held_memory, config.held_per_flow), inspector_(config_, rules, flow_budget_),
          flows_(config.flow_memory / sizeof(Flow), random_key(), timeouts(config)) {
        findings_.reserve(64);
    }
    ~Engine() override {
        flows_.for_each([this](Flow& flow) { forget(flow); });
    }
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    Decision judge(const Packet& packet) override;
    void tick(Time now) override;

private:
    Ruling judge_packet(const Packet& packet);
    Ruling judge_segment(const Packet& packet, const Segment& segment);
    Ruling judge_in_flow(Flow& flow, const InFlight& in);
    Ruling judge_handshake(Flow& flow, const InFlight& in, Connection::Step step);
    Ruling judge_blocked(Flow& flow, const InFlight& in);
    Ruling judge_released(Flow& flow, const InFlight& in);
    Ruling judge_stream(Flow& flow, const InFlight& in);
    Ruling judge_ahead(Flow& flow, const InFlight& in, const HalfStream::Plan& plan);
    Ruling judge_in_order(Flow& flow, const InFlight& in, const HalfStream::Plan& plan);
    bool take_acknowledgment(Flow& flow, const InFlight& in);

    Flow* open_flow(const KeyedSegment& keyed, std::uint64_t hash, const InFlight& in, Ruling& ruling);
    [[nodiscard]] bool came_back(const Packet& packet) const;
    void judge_connection(Flow& flow, const InFlight& in);
    void set_accept_bounds(Flow& flow);
    bool make_room(const Flow* keep);
    void forget(Flow& flow);

    enum class Fed { go_on, decided, refused };
    Fed feed(Flow& flow, Side sender, Bytes bytes, const InFlight& in);
    Fed finish(Flow& flow, Side sender, const InFlight& in);
    Fed judged(Flow& flow, Side sender, FlowInspector::Outcome outcome, Bytes bytes, const InFlight& in);
    Bytes shown(Flow& flow, Side sender, Bytes bytes);
    bool carry_out_findings(Flow& flow, Side sender, Bytes payload, Time now);
    void apply_default(Flow& flow, Side sender, Time now);

    void release(Flow& flow, FlowState state);
    void block(Flow& flow, bool reject);
    Ruling by_policy(Cause cause, Flow* flow, Side from, Time now, bool whole_flow);
    Ruling end_blocked(Flow& flow, const InFlight& in);

    const EngineConfig config_;
    EngineOutputs outputs_;
    Reporter report_;
    MemoryBudget flow_budget_;
    StoreMemory store_memory_;
    FlowInspector inspector_;
    Flows flows_;
    std::vector<Finding> findings_;
    Time started_; ///< time of the first packet
};

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

/// Null, with the packet's ruling, where no flow is made for it.
Flow* Engine::open_flow(const KeyedSegment& keyed, std::uint64_t hash, const InFlight& in, Ruling& ruling) {
    const Segment& segment = in.segment;
    const bool syn = segment.has(tcp_flag::syn);
    const bool first = syn && !segment.has(tcp_flag::ack);
    if (segment.has(tcp_flag::rst) || (first && segment.has(tcp_flag::fin))) {
        // No receiver reads a byte on its account.
        ruling = passed;
        return nullptr;
    }
    const Cause cause = came_back(in.packet) ? Cause::expired : Cause::midstream;
    const Policy policy = config_.policy(cause);
    if (!first && (policy == Policy::drop || policy == Policy::reject)) {
        ruling = by_policy(cause, nullptr, Side::client, in.packet.time, false);
        return nullptr;
    }

    Flow* flow =
        flow_budget_.charge(sizeof(Flow)) || (make_room(nullptr) && flow_budget_.charge(sizeof(Flow)))
            ? flows_.insert(keyed.key, hash, in.packet.time)
            : nullptr;
    if (flow == nullptr) {
        ruling = by_policy(Cause::memcap, nullptr, Side::client, in.packet.time, false);
        return nullptr;
    }
    report_.count(Counter::flows);
    // Without the SYN the end with the lesser port is taken for the server.
    const bool sender_is_client = first || (!syn && segment.source_port >= segment.destination_port);
    flow->client_is_low = keyed.from_low == sender_is_client;
    const Side from = sender_is_client ? Side::client : Side::server;
    inspector_.begin(*flow, first || syn);
    if (!first) {
        flow->connection.adopt(from, segment, store_memory_);
        flows_.set_phase(*flow, Phase::established);
        report_.anomaly(*flow, cause, from, false, in.packet.time);
        report_.count(cause);
        if (policy == Policy::accept) {
            release(*flow, FlowState::passed);
            flow->passed_for = cause;
            return flow;
        }
    }
    judge_connection(*flow, in);
    return flow;
}

/// True where the connection's mark says that it has been here before, and its state can have expired since:
/// not so soon after the start, when marks are from before it.
bool Engine::came_back(const Packet& packet) const {
    return (packet.mark & config_.marks.seen()) != 0 && packet.time - started_ >= config_.established_timeout;
}

/// Rules without a match part, and what the default action does where no accept rule can match.
void Engine::judge_connection(Flow& flow, const InFlight& in) {
    const Header header = flow.header();
    const RuleSet& rules = inspector_.rules();
    findings_.clear();
    for (const std::uint32_t index : rules.connection_rules())
        if (rules.rules()[index].header_matches(header.client, header.client_port, header.server,
                                                header.server_port))
            findings_.push_back({index, 0, 0});
    if (carry_out_findings(flow, Side::client, {}, in.packet.time))
        return;
    if (rules.default_action() != Action::accept && !flow.connection.adopted()) {
        flow.default_applies = true;
        set_accept_bounds(flow);
        apply_default(flow, Side::client, in.packet.time);
    }
}

void Engine::set_accept_bounds(Flow& flow) {
    const Header header = flow.header();
    for (const Side sender : {Side::client, Side::server}) {
        std::uint64_t& until = flow.accept_until[static_cast<std::size_t>(sender)];
        until = 0;
        const Group* group = flow.stream(sender).group;
        if (group == nullptr)
            continue;
        for (const std::uint32_t index : group->rules) {
            const Rule& rule = inspector_.rules().rules()[index];
            if (rule.action == Action::accept &&
                rule.header_matches(header.client, header.client_port, header.server, header.server_port))
                until = std::max(until, rule.last_offset);
        }
    }
}

/// Blocks the flow once no accept rule can match any more.
void Engine::apply_default(Flow& flow, Side sender, Time now) {
    const Action action = inspector_.rules().default_action();
    if (action == Action::accept || !flow.default_applies || flow.state != FlowState::judging)
        return;
    for (const Side side : {Side::client, Side::server}) {
        const auto at = static_cast<std::size_t>(side);
        const MatchStream& stream = flow.streams[at];
        if (flow.accept_until[at] > 0 && !stream.ended && stream.fed < flow.accept_until[at])
            return;
    }
    report_.anomaly(flow, Anomaly::default_action, sender, true, now);
    block(flow, action == Action::reject);
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
        if (feed(flow, sender, *piece, in) != Fed::go_on)
            return flow.state != FlowState::blocked;
        at += piece->size();
    }
    peer.commit_held(store_memory_);
    return true;
}

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

Ruling Engine::judge_ahead(Flow& flow, const InFlight& in, const HalfStream::Plan& plan) {
    if (flow.connection.sent_by(in.from).hold(plan, in.packet.slab, store_memory_))
        return passed;
    return by_policy(Cause::memcap, &flow, in.from, in.packet.time, false);
}

Ruling Engine::judge_in_order(Flow& flow, const InFlight& in, const HalfStream::Plan& plan) {
    HalfStream& mine = flow.connection.sent_by(in.from);
    std::uint64_t at = plan.end;
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
    return flow.state == FlowState::passed ? uninspected(uninspected_counter(flow.passed_for)) : passed;
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
        if (ruling.decision.verdict == Verdict::drop)
            return Fed::refused;
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

/// Ends inspection; what the receiver has not acknowledged stays remembered.
void Engine::release(Flow& flow, FlowState state) {
    inspector_.end(flow);
    flow.state = state;
}

void Engine::block(Flow& flow, bool reject) {
    inspector_.end(flow);
    flow.state = FlowState::blocked;
    flow.reject = reject;
    flows_.set_phase(flow, Phase::blocked);
    report_.count(Counter::flows_blocked);
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
        reset_both_ends(flow, in.from, in.segment, *outputs_.resets, report_);
    flow.connection.clear(store_memory_);
    return dropped;
}

/// Gives up the connection that matters least: half-open first, then closing. False where all are alive.
bool Engine::make_room(const Flow* keep) {
    for (const Phase phase : {Phase::handshake, Phase::closing})
        if (Flow* victim = flows_.oldest(phase); victim != nullptr && victim != keep) {
            forget(*victim);
            flows_.erase(*victim);
            report_.count(Counter::flows_expired);
            return true;
        }
    return false;
}

void Engine::forget(Flow& flow) {
    inspector_.end(flow);
    flow.connection.clear(store_memory_);
    flow_budget_.release(sizeof(Flow));
}

void Engine::tick(Time now) {
    inspector_.tick(flows_, now);
    flows_.expire(now, 4096, [this](Flow& flow) {
        forget(flow);
        report_.count(Counter::flows_expired);
    });
}

} // namespace

std::unique_ptr<Judge> make_engine(const EngineConfig& config, const RuleSetSource& rules,
                                   const EngineOutputs& outputs) {
    return std::make_unique<Engine>(config, rules, outputs);
}

} // namespace nfsieve
