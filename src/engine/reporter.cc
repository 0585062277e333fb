// SPDX-License-Identifier: GPL-2.0-or-later
#include "reporter.h"

namespace nfsieve {
namespace {

/// Hostile packets come by the million; the counters have them all.
constexpr Duration without_flow_every = std::chrono::seconds(1);

struct CauseCounters {
    Counter seen, uninspected;
};

CauseCounters counters_of(Cause cause) {
    switch (cause) {
    case Cause::memcap:
        return {Counter::cause_memcap, Counter::uninspected_memcap};
    case Cause::gap:
        return {Counter::cause_gap, Counter::judged_accept}; // the bytes that are missing were no packet here
    case Cause::truncated:
        return {Counter::cause_truncated, Counter::uninspected_truncated};
    case Cause::malformed:
        return {Counter::cause_malformed, Counter::uninspected_malformed};
    case Cause::matcher_error:
        return {Counter::cause_matcher_error, Counter::uninspected_matcher_error};
    case Cause::unverifiable:
        return {Counter::cause_unverifiable, Counter::uninspected_unverifiable};
    case Cause::urgent:
        return {Counter::cause_urgent, Counter::uninspected_urgent};
    case Cause::fast_open:
        return {Counter::cause_fast_open, Counter::uninspected_fast_open};
    case Cause::one_way:
        return {Counter::cause_one_way, Counter::uninspected_one_way};
    case Cause::expired:
        return {Counter::cause_expired, Counter::uninspected_expired};
    case Cause::spoofed:
        return {Counter::cause_spoofed, Counter::uninspected_spoofed};
    case Cause::ambiguous_request: // where it passes it is judged in one of the ways
        return {Counter::cause_ambiguous_request, Counter::judged_accept};
    case Cause::ambiguous_response:
        return {Counter::cause_ambiguous_response, Counter::judged_accept};
    case Cause::midstream:
    case Cause::count_:
        break;
    }
    return {Counter::cause_midstream, Counter::uninspected_midstream};
}

const char* action_name(Action action) {
    switch (action) {
    case Action::accept:
        return "accept";
    case Action::drop:
        return "drop";
    case Action::reject:
        return "reject";
    case Action::alert:
        break;
    }
    return "alert";
}

Event event_of(const Flow& flow, Side sender, Time now) {
    Event event;
    const Header header = flow.header();
    event.time = now;
    event.ends = {header.client, header.server, header.client_port, header.server_port};
    event.flow_id = flow.hash & 0x7fffffffffffffULL; // readers keep it in a signed or floating number
    event.to_server = sender == Side::client;
    return event;
}

} // namespace

Counter uninspected_counter(Cause cause) {
    return counters_of(cause).uninspected;
}

void Reporter::count(Cause cause) {
    count(counters_of(cause).seen);
}

void Reporter::match(const Flow& flow, const FlowInspector& inspector, const Finding& finding, Side sender,
                     Bytes payload, Time now) {
    const Rule& rule = inspector.rules().rules()[finding.rule];
    count(Counter::matches);
    if (!rule.log || outputs_.events == nullptr)
        return;
    Event event = event_of(flow, sender, now);
    event.blocked = rule.action == Action::drop || rule.action == Action::reject;
    event.action = action_name(rule.action);
    event.rule = &rule.label;
    event.owner = inspector.shared_rules();
    event.stream_offset = finding.stream_end;
    event.set_payload(payload, config_.event_payload);
    outputs_.events->emit(std::move(event));
}

void Reporter::anomaly(Flow& flow, Cause cause, Side sender, bool blocked, Time now) {
    emit_anomaly(flow, static_cast<std::uint8_t>(cause), name(cause), sender, blocked, now);
}

void Reporter::anomaly(const Segment& segment, Cause cause, bool blocked, Time now) {
    Time& last = last_without_flow_[static_cast<std::size_t>(cause)];
    if (outputs_.events == nullptr || (last != Time() && now - last < without_flow_every && now >= last))
        return;
    last = now;
    Event event;
    event.kind = Event::Kind::anomaly;
    event.time = now;
    event.ends = {segment.source, segment.destination, segment.source_port, segment.destination_port};
    event.blocked = blocked;
    event.action = blocked ? "drop" : "accept";
    event.reason = name(cause);
    outputs_.events->emit(std::move(event));
}

void Reporter::anomaly(Flow& flow, Anomaly what, Side sender, bool blocked, Time now) {
    const char* const reason = what == Anomaly::conflicting      ? "conflicting"
                               : what == Anomaly::default_action ? "default_action"
                                                                 : "parser_error";
    emit_anomaly(flow, static_cast<std::uint8_t>(what), reason, sender, blocked, now);
}

void Reporter::emit_anomaly(Flow& flow, std::uint8_t index, const char* reason, Side sender, bool blocked,
                            Time now) {
    const std::uint32_t bit = 1U << index;
    if ((flow.reported & bit) != 0 || outputs_.events == nullptr)
        return;
    flow.reported |= bit;
    Event event = event_of(flow, sender, now);
    event.kind = Event::Kind::anomaly;
    event.blocked = blocked;
    event.action = blocked ? "drop" : "accept";
    event.reason = reason;
    outputs_.events->emit(std::move(event));
}

} // namespace nfsieve
