// SPDX-License-Identifier: GPL-2.0-or-later
// The bytes of a flow: in order, ahead, repeated; what rules and policies make of them.
#include "engine_impl.h"

#include <algorithm>

namespace nfsieve {
namespace {

/// Who is not told of a rejected connection.
std::optional<Side> spared_by(const Rule& rule, Side sender) {
    using Resets = SignatureSpec::Resets;
    switch (rule.resets) {
    case Resets::source:
        return other(sender);
    case Resets::destination:
        return sender;
    case Resets::both:
        break;
    }
    return std::nullopt;
}

Counter flows_of(AppProtocol protocol) {
    switch (protocol) {
    case AppProtocol::http:
        return Counter::flows_http;
    case AppProtocol::tls:
        return Counter::flows_tls;
    case AppProtocol::ssh:
    case AppProtocol::none:
        break;
    }
    return Counter::flows_ssh;
}

Cause ambiguous_of(Side sender) {
    return sender == Side::client ? Cause::ambiguous_request : Cause::ambiguous_response;
}

} // namespace

Ruling Engine::judge_stream(Flow& flow, const InFlight& in) {
    const Segment& segment = in.segment;
    if (const auto ruling = take_acknowledgment(flow, in))
        return *ruling;
    follow_phase(flow);

    HalfStream& mine = flow.connection.sent_by(in.from);
    const bool fin = segment.has(tcp_flag::fin);
    if (segment.has(tcp_flag::rst) || (segment.payload_length == 0 && !fin))
        return passed;
    if (!flow.judges(in.from)) {
        mine.follow(segment.sequence, segment.payload_length, fin);
        return passed;
    }

    HalfStream::Plan plan = mine.plan(segment.sequence, segment.payload, fin, store_memory_);
    if (plan.kind == HalfStream::Kind::before_start && mine.rewind(plan)) {
        inspector_.restart(flow, in.from);
        plan = mine.plan(segment.sequence, segment.payload, fin, store_memory_);
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
        return refuse(Cause::unverifiable, flow, in, Concerns::packet);
    case HalfStream::Kind::out_of_window:
        report_.count(Counter::out_of_window);
        return dropped;
    case HalfStream::Kind::conflicting:
        break;
    }
    return conflict(flow, in);
}

/// A segment that says something else than what was let through.
Ruling Engine::conflict(Flow& flow, const InFlight& in) {
    report_.count(Counter::conflicting);
    report_.anomaly(flow, Anomaly::conflicting, in.from, true, in.packet.time);
    return dropped;
}

/// Nothing where the segment is to be judged further, else its ruling.
std::optional<Ruling> Engine::take_acknowledgment(Flow& flow, const InFlight& in) {
    const Side sender = other(in.from);
    HalfStream& peer = flow.connection.sent_by(sender);
    if (!flow.judges(sender)) {
        acknowledge_unjudged(flow, in);
        return std::nullopt;
    }
    if (!in.segment.has(tcp_flag::ack) || in.segment.has(tcp_flag::rst) || !peer.synchronised())
        return std::nullopt;
    if (!peer.in_step() && peer.rewind_to(in.segment.acknowledgment)) {
        // The next acknowledgment confirms it: this one may be late.
        inspector_.restart(flow, sender);
        return std::nullopt;
    }
    // Bytes that were under way before a connection was picked up never came by here.
    if (peer.in_step() && peer.acknowledges_unseen(in.segment.acknowledgment)) {
        if (const auto ruling = take_gap(flow, sender, in))
            return ruling;
    } else {
        flow.gap_claimed[index(sender)] = false;
    }
    if (peer.acknowledge(in.segment.acknowledgment, flow.connection.window(in.from, in.segment),
                         store_memory_) == HalfStream::Ack::fine)
        return std::nullopt;
    return skip_gap(flow, sender, in) ? std::nullopt : std::optional(end_blocked(flow, in));
}

/// Bytes are acknowledged that never came by here. That may be a mistake, which the other end ignores (RFC
/// 9293 section 3.10.7.4); and where it is none, the other end does not hear of it, and sends the bytes again
/// by here.
std::optional<Ruling> Engine::take_gap(Flow& flow, Side sender, const InFlight& in) {
    const Ruling ruling = by_policy(Cause::gap, flow, sender, in.packet.time, Concerns::packet);
    if (ruling.decision.verdict == Verdict::accept)
        return std::nullopt;
    flow.gap_claimed[index(sender)] = true;
    if (config_.policy(Cause::gap) != Policy::reject)
        return ruling;
    block(flow, true);
    return end_blocked(flow, in);
}

/// Goes on behind bytes that never came by. False where what is held there blocks the flow.
bool Engine::skip_gap(Flow& flow, Side sender, const InFlight& in) {
    flow.connection.sent_by(sender).skip_gap(store_memory_);
    inspector_.restart(flow, sender);
    return judge_held(flow, sender, in);
}

/// Judges bytes that were let through ahead of a gap and are next now. False where they block the flow.
bool Engine::judge_held(Flow& flow, Side sender, const InFlight& in) {
    HalfStream& half = flow.connection.sent_by(sender);
    std::uint64_t at = half.next();
    while (const auto piece = half.held_at(at)) {
        const Fed fed = feed(flow, sender, *piece, in);
        if (fed == Fed::refused && flow.state != FlowState::blocked)
            block(flow, false); // these bytes have passed already: what follows them could not be judged
        if (fed != Fed::go_on)
            return flow.state != FlowState::blocked;
        at += piece->size();
    }
    half.commit_held(store_memory_);
    return true;
}

Arrival Engine::arrival(const Flow& flow, const InFlight& in) {
    return {in.packet.slab, flow.connection.segment_size(in.segment)};
}

Ruling Engine::judge_ahead(Flow& flow, const InFlight& in, const HalfStream::Plan& plan) {
    // A picked-up stream begins where its sender says. Until its receiver has confirmed that, bytes behind a
    // gap might be the next that it reads: they do not pass, unless it is they that are judged first.
    HalfStream& mine = flow.connection.sent_by(in.from);
    if (!mine.in_step()) {
        if (!mine.insists(plan))
            return dropped;
        mine.skip_to(plan);
        inspector_.restart(flow, in.from);
        if (!judge_held(flow, in.from, in))
            return end_blocked(flow, in);
        if (flow.state != FlowState::judging)
            return judge_released(flow, in);
        const auto again = mine.plan(in.segment.sequence, in.segment.payload, plan.fin, store_memory_);
        return again.kind == HalfStream::Kind::in_order ? judge_in_order(flow, in, again) : dropped;
    }
    if (flow.gap_claimed[index(in.from)])
        return dropped;
    if (mine.hold(plan, arrival(flow, in), store_memory_))
        return passed;
    // Bytes that pass without being held could not be judged in their turn.
    return refuse(Cause::memcap, flow, in, Concerns::whole_flow);
}

Ruling Engine::judge_in_order(Flow& flow, const InFlight& in, const HalfStream::Plan& plan) {
    HalfStream& mine = flow.connection.sent_by(in.from);
    if (mine.adopted() && !flow.connection.sent_by(other(in.from)).synchronised() &&
        plan.end > HalfStream::adopted_origin + config_.held_per_flow)
        // No window is that large: the other end answers, on another way.
        return refuse(Cause::one_way, flow, in, Concerns::whole_flow);

    let_pass(flow, in);
    if (flow.state != FlowState::judging)
        return judge_released(flow, in);
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
    mine.commit(plan, arrival(flow, in), store_memory_);
    if (flow.state == FlowState::passed)
        return uninspected(uninspected_counter(flow.passed_for));
    return beyond_depth ? uninspected(Counter::uninspected_done) : passed;
}

Engine::Fed Engine::feed(Flow& flow, Side sender, Bytes bytes, const InFlight& in) {
    if (bytes.empty())
        return Fed::go_on;
    payload_fed_ = payload_fed_ || (bytes.data() >= in.segment.payload.data() &&
                                    bytes.data() < in.segment.payload.data() + in.segment.payload.size());
    const std::uint64_t before = flow.stream(sender).fed;
    if (before >= config_.depth)
        return Fed::go_on;
    const Bytes within =
        bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), config_.depth - before)));
    if (flow.phase == Phase::resting)
        flows_.set_phase(flow, Phase::established);
    const bool encrypted = flow.encrypted;
    findings_.clear();
    FlowInspector::Outcome outcome = inspector_.feed(flow, sender, within, facts(flow, in), findings_);
    if (outcome == FlowInspector::Outcome::no_memory && make_room(&flow, in.packet.time)) {
        findings_.clear();
        outcome = inspector_.feed(flow, sender, within, facts(flow, in), findings_);
    }
    if (flow.app) {
        cut_findings(flow, sender, before);
        note_protocol(flow, sender, in.packet.time);
    }
    if (flow.encrypted && !encrypted)
        report_.count(Counter::flows_encrypted);
    const Fed fed = judged(flow, sender, outcome, shown(flow, sender, within), in);
    if (fed == Fed::go_on && config_.depth != no_limit) {
        const auto beyond = [&](Side side) {
            return !flow.judges(side) || flow.stream(side).fed >= config_.depth;
        };
        if (beyond(Side::client) && beyond(Side::server)) {
            release(flow, FlowState::done);
            return Fed::decided;
        }
    }
    return fed;
}

/// Counts what the flow turned out to carry, and parsers that gave up.
void Engine::note_protocol(Flow& flow, Side sender, Time now) {
    FlowApp& app = *flow.app;
    if (!app.protocol_told && app.layer.protocol() != AppProtocol::none) {
        app.protocol_told = true;
        report_.count(flows_of(app.layer.protocol()));
    }
    if (!app.failure_told && app.layer.state() == AppLayer::State::failed) {
        app.failure_told = true;
        report_.count(Counter::parser_errors);
        report_.anomaly(flow, Anomaly::parser_error, sender, false, now);
    }
}

Engine::Fed Engine::finish(Flow& flow, Side sender, const InFlight& in) {
    findings_.clear();
    return judged(flow, sender, inspector_.finish(flow, sender, facts(flow, in), findings_), {}, in);
}

Engine::Fed Engine::judged(Flow& flow, Side sender, FlowInspector::Outcome outcome, Bytes bytes,
                           const InFlight& in) {
    if (outcome != FlowInspector::Outcome::fine) {
        const bool memory = outcome == FlowInspector::Outcome::no_memory;
        const Cause cause = memory ? Cause::memcap : Cause::matcher_error;
        const Ruling ruling = by_policy(cause, flow, sender, in.packet.time, Concerns::packet);
        if (ruling.decision.verdict == Verdict::drop) {
            // After a failure the matcher's state says nothing: no later byte could be judged either.
            const bool reject = config_.policy(cause) == Policy::reject;
            if (!memory || reject)
                block(flow, reject);
            return Fed::refused;
        }
        release(flow, FlowState::passed);
        flow.passed_for = cause;
        return Fed::decided;
    }
    if (!findings_.empty() && carry_out_findings(flow, sender, bytes, in.packet.time))
        return Fed::decided;
    if (inspector_.message_ends().ambiguous && refuses_end(flow, sender, in.packet.time))
        return Fed::decided;
    apply_default(flow, sender, in.packet.time);
    return flow.state == FlowState::judging ? Fed::go_on : Fed::decided;
}

/// Where an ambiguous end or the default decides within the bytes at hand, which began at `before`, what was
/// found behind that place does not count.
void Engine::cut_findings(const Flow& flow, Side sender, std::uint64_t before) {
    const MessageEnds& ends = inspector_.message_ends();
    std::uint64_t most = no_limit;
    if (ends.ambiguous && !lets_pass(config_.policy(ambiguous_of(sender))))
        most = *ends.ambiguous;
    if (flow.default_applies && ends.accept && !may_be_accepted(flow, Side::client) &&
        !may_be_accepted(flow, Side::server)) {
        const std::uint64_t until = flow.aside->accept_until[index(sender)];
        most = std::min(most, std::max(*ends.accept, until - std::min(until, before)));
    }
    std::erase_if(findings_, [most](const Finding& finding) { return finding.distance > most; });
}

/// A message whose end is ambiguous: what one receiver takes for its body another takes for messages, which
/// were judged as the body that they are for the first. True where the policy does not let that pass.
bool Engine::refuses_end(Flow& flow, Side sender, Time now) {
    if (by_policy(ambiguous_of(sender), flow, sender, now, Concerns::packet).decision.verdict ==
        Verdict::accept)
        return false;
    block(flow, config_.policy(ambiguous_of(sender)) == Policy::reject);
    return true;
}

std::size_t Engine::recent_cost() const {
    return config_.event_payload + 2 * sizeof(void*);
}

void Engine::drop_recent(Flow& flow, Side sender) {
    if (!flow.aside)
        return;
    RecentBytes& recent = flow.aside->recent[index(sender)];
    if (!recent.allocated())
        return;
    flow_budget_.release(recent_cost());
    recent.clear();
    put_aside_away(flow);
}

/// What an event shows of the bytes at hand: their beginning, or where they are few, those before them too.
Bytes Engine::shown(Flow& flow, Side sender, Bytes bytes) {
    const auto at = index(sender);
    if (bytes.size() >= config_.event_payload) {
        drop_recent(flow, sender);
        return bytes;
    }
    if ((!flow.aside || !flow.aside->recent[at].allocated()) && !afford_aside(flow, recent_cost()))
        return bytes;
    RecentBytes& recent = flow.aside->recent[at];
    recent.append(bytes, config_.event_payload);
    return recent.bytes();
}

/// True where a rule has decided the flow. What stands beside it at the same byte is still reported.
bool Engine::carry_out_findings(Flow& flow, Side sender, Bytes payload, Time now) {
    const auto rule_of = [&](const Finding& finding) -> const Rule& {
        return inspector_.rules().rules()[finding.rule];
    };
    for (std::size_t at = 0; at < findings_.size(); ++at) {
        const Finding& finding = findings_[at];
        if (!finding.silent)
            report_.match(flow, inspector_, finding, sender, payload, now);
        const Action action = rule_of(finding).action;
        if (action == Action::alert)
            continue;
        if (action == Action::accept) {
            release(flow, FlowState::done);
            return true;
        }
        for (std::size_t beside = at + 1; beside < findings_.size(); ++beside)
            if (findings_[beside].distance == finding.distance && !findings_[beside].silent &&
                rule_of(findings_[beside]).action != Action::accept)
                report_.match(flow, inspector_, findings_[beside], sender, payload, now);
        block(flow, action == Action::reject);
        if (const auto spared = spared_by(rule_of(finding), sender))
            aside_of(flow).spared = spared;
        return true;
    }
    return false;
}

} // namespace nfsieve
