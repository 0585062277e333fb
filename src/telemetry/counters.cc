// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/telemetry/counters.h"

namespace nfsieve {

const char* name(Counter counter) {
    switch (counter) {
    case Counter::packets:
        return "packets";
    case Counter::bytes:
        return "bytes";
    case Counter::judged_accept:
        return "judged_accept";
    case Counter::judged_drop:
        return "judged_drop";
    case Counter::uninspected_not_tcp:
        return "uninspected_not_tcp";
    case Counter::uninspected_done:
        return "uninspected_done";
    case Counter::uninspected_malformed:
        return "uninspected_malformed";
    case Counter::uninspected_truncated:
        return "uninspected_truncated";
    case Counter::uninspected_midstream:
        return "uninspected_midstream";
    case Counter::uninspected_memcap:
        return "uninspected_memcap";
    case Counter::uninspected_matcher_error:
        return "uninspected_matcher_error";
    case Counter::uninspected_unverifiable:
        return "uninspected_unverifiable";
    case Counter::uninspected_urgent:
        return "uninspected_urgent";
    case Counter::uninspected_fast_open:
        return "uninspected_fast_open";
    case Counter::uninspected_one_way:
        return "uninspected_one_way";
    case Counter::uninspected_expired:
        return "uninspected_expired";
    case Counter::uninspected_spoofed:
        return "uninspected_spoofed";
    case Counter::cause_malformed:
        return "cause_malformed";
    case Counter::cause_truncated:
        return "cause_truncated";
    case Counter::cause_midstream:
        return "cause_midstream";
    case Counter::cause_memcap:
        return "cause_memcap";
    case Counter::cause_gap:
        return "cause_gap";
    case Counter::cause_matcher_error:
        return "cause_matcher_error";
    case Counter::cause_unverifiable:
        return "cause_unverifiable";
    case Counter::cause_urgent:
        return "cause_urgent";
    case Counter::cause_fast_open:
        return "cause_fast_open";
    case Counter::cause_one_way:
        return "cause_one_way";
    case Counter::cause_expired:
        return "cause_expired";
    case Counter::cause_spoofed:
        return "cause_spoofed";
    case Counter::cause_ambiguous_request:
        return "cause_ambiguous_request";
    case Counter::cause_ambiguous_response:
        return "cause_ambiguous_response";
    case Counter::bad_checksum:
        return "bad_checksum";
    case Counter::no_ack:
        return "no_ack";
    case Counter::out_of_window:
        return "out_of_window";
    case Counter::conflicting:
        return "conflicting";
    case Counter::flows:
        return "flows";
    case Counter::flows_expired:
        return "flows_expired";
    case Counter::flows_blocked:
        return "flows_blocked";
    case Counter::flows_http:
        return "flows_http";
    case Counter::flows_tls:
        return "flows_tls";
    case Counter::flows_ssh:
        return "flows_ssh";
    case Counter::flows_encrypted:
        return "flows_encrypted";
    case Counter::parser_errors:
        return "parser_errors";
    case Counter::check_limits:
        return "check_limits";
    case Counter::matches:
        return "matches";
    case Counter::resets_sent:
        return "resets_sent";
    case Counter::reset_errors:
        return "reset_errors";
    case Counter::events_lost:
        return "events_lost";
    case Counter::queue_overruns:
        return "queue_overruns";
    case Counter::verdict_errors:
        return "verdict_errors";
    case Counter::flows_alive:
        return "flows_alive";
    case Counter::flow_memory:
        return "flow_memory";
    case Counter::held_memory:
        return "held_memory";
    case Counter::count_:
        break;
    }
    return "unknown";
}

CounterValues& CounterValues::operator+=(const CounterValues& other) {
    for (std::size_t i = 0; i < counter_count; ++i)
        values[i] += other.values[i];
    return *this;
}

CounterValues Counters::read() const {
    CounterValues copy;
    for (std::size_t i = 0; i < counter_count; ++i)
        copy.values[i] = slots_[i].load(std::memory_order_relaxed);
    return copy;
}

} // namespace nfsieve
