// SPDX-License-Identifier: GPL-2.0-or-later
// How flows begin, what decides them before any byte, and how they end.
#include "engine_impl.h"

#include <algorithm>

namespace nfsieve {

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

    // The table is as large as the budget allows: what is charged also fits.
    const bool room =
        flow_budget_.charge(sizeof(Flow)) || (make_room(nullptr) && flow_budget_.charge(sizeof(Flow)));
    Flow* flow = room ? flows_.insert(keyed.key, hash, in.packet.time) : nullptr;
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
    return (packet.mark & config_.marks.seen()) != 0 && packet.time - started_ >= config_.blocked_timeout;
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

} // namespace nfsieve
