// SPDX-License-Identifier: GPL-2.0-or-later
// How flows begin, what decides them before any byte, and how they end.
#include "engine_impl.h"

#include <algorithm>

namespace nfsieve {
namespace {

/// A connection without data for so long may be made smaller where memory is short.
constexpr Duration resting_after = std::chrono::seconds(1);

/// Without its handshake a connection's server is taken to be the end with the lesser port.
bool sent_by_higher_port(const Segment& segment) {
    return segment.source_port >= segment.destination_port;
}

/// It reads like what only clients say.
bool asks(const Segment& segment) {
    return looks_like_http(Side::client, segment.payload) == Likeness::yes ||
           looks_like_tls(Side::client, segment.payload) == Likeness::yes;
}

} // namespace

/// Null, with the packet's ruling, where no flow is made for it.
Flow* Engine::open_flow(const KeyedSegment& keyed, std::uint64_t hash, const InFlight& in, Ruling& ruling) {
    const Segment& segment = in.segment;
    const bool syn = segment.has(tcp_flag::syn);
    const bool first = syn && !segment.has(tcp_flag::ack);
    if (segment.has(tcp_flag::rst) || (syn && !first) || (first && segment.has(tcp_flag::fin))) {
        // No receiver reads a byte on its account, and it does not tell where the streams stand: on a living
        // connection a SYN|ACK is answered and ignored, whoever sent it.
        ruling = segment.payload_length > 0 && syn ? by_policy(Cause::fast_open, in.packet, segment) : passed;
        return nullptr;
    }
    const Cause cause = came_back(in.packet, hash) ? Cause::expired : Cause::midstream;
    const Policy policy = config_.policy(cause);
    if (!first && (policy == Policy::drop || policy == Policy::reject)) {
        ruling = by_policy(cause, in.packet, segment);
        return nullptr;
    }

    // The table is as large as the budget allows: what is charged also fits.
    const bool room = flow_budget_.charge(flow_cost) ||
                      (make_room(nullptr, in.packet.time) && flow_budget_.charge(flow_cost));
    Flow* flow = room ? flows_.insert(keyed.key, hash, in.packet.time) : nullptr;
    if (flow == nullptr) {
        ruling = by_policy(Cause::memcap, in.packet, segment);
        return nullptr;
    }
    report_.count(Counter::flows);
    const bool sent_by_client = first || asks(segment) || sent_by_higher_port(segment);
    flow->client_is_low = keyed.from_low == sent_by_client;
    flow->came_back = cause == Cause::expired;
    if (first)
        inspector_.begin(*flow, true);
    else
        adopt(*flow, sent_by_client ? Side::client : Side::server, in);
    if (flow->state == FlowState::judging)
        judge_connection(*flow, in);
    return flow;
}

/// Takes up a connection whose start was not seen, by a policy that lets it pass. It is given up like a
/// half-open one until the other end is seen too: a flood of stray segments must not fill the table for long.
void Engine::adopt(Flow& flow, Side from, const InFlight& in) {
    const Cause cause = flow.came_back ? Cause::expired : Cause::midstream;
    end_inspection(flow);
    drop_early(flow);
    inspector_.begin(flow, false);
    flow.connection.adopt(from, in.segment, connection_memory_);
    flows_.set_phase(flow, Phase::picked_up);
    report_.anomaly(flow, cause, from, false, in.packet.time);
    report_.count(cause);
    if (config_.policy(cause) == Policy::accept) {
        release(flow, FlowState::passed);
        flow.passed_for = cause;
    }
}

/// Client and server change places.
void Engine::turn(Flow& flow, InFlight& in) {
    flow.client_is_low = !flow.client_is_low;
    std::swap(flow.interfaces[0], flow.interfaces[1]);
    in.from = other(in.from);
}

/// A SYN was the first of a connection that is older; it says nothing of who is the server.
/// Nothing where the segment is to be judged further.
std::optional<Ruling> Engine::pick_up(Flow& flow, InFlight& in) {
    const Cause cause = flow.came_back ? Cause::expired : Cause::midstream;
    if (!lets_pass(config_.policy(cause))) {
        // The challenge itself must arrive: whoever wants to begin anew ends the old connection with it.
        if (in.segment.sequence_length() == 0)
            return passed;
        return refuse(cause, flow, in, Concerns::packet);
    }
    const Judged before{flow.header(), flow.state == FlowState::done};
    const Side by_port = sent_by_higher_port(in.segment) ? Side::client : Side::server;
    if (by_port != in.from) {
        turn(flow, in);
        if (before.accepted) // no byte was judged yet: it was a rule about a client that is none
            flow.state = FlowState::judging;
    }
    if (flow.state == FlowState::judging)
        adopt(flow, in.from, in);
    flow.default_applies = false;
    if (flow.state == FlowState::judging)
        judge_connection(flow, in, &before);
    return std::nullopt;
}

/// True where the connection was here before and its state is gone. Its mark says so too, but not so soon
/// after the start, when marks are from before it, and not of one that was done and comes back.
bool Engine::came_back(const Packet& packet, std::uint64_t hash) const {
    const MarkLayout& marks = config_.marks;
    const bool returned = (packet.mark & marks.generation_mask()) == marks.returned();
    return forgotten_.contains(hash) || ((packet.mark & marks.seen()) != 0 && !returned &&
                                         packet.time - started_ >= config_.blocked_timeout);
}

/// On a gateway each end has an interface of its own. Who speaks for the other end of its own connection (to
/// acknowledge bytes that never arrived, and then to say something else) does so through the interface of
/// this end. True, with the packet's ruling, where it is not judged further.
bool Engine::came_elsewhere(Flow& flow, const InFlight& in, Ruling& ruling) {
    const std::uint32_t interface = in.packet.interface;
    std::uint32_t& mine = flow.interfaces[index(in.from)];
    const std::uint32_t peer = flow.interfaces[static_cast<std::size_t>(other(in.from))];
    if (mine == 0 || (interface != peer && mine != peer)) { // its first packet, or another route
        mine = interface;
        return false;
    }
    // Either this packet is made up, or all that seemed to come from this end before.
    const bool all_before = interface != peer;
    ruling = by_policy(Cause::spoofed, flow, in.from, in.packet.time, Concerns::packet);
    if (all_before)
        mine = interface;
    if (ruling.decision.verdict == Verdict::accept)
        return false;
    if (all_before && flow.state != FlowState::blocked) {
        block(flow, config_.policy(Cause::spoofed) == Policy::reject);
        ruling = end_blocked(flow, in);
    }
    return true;
}

/// Rules without a match part, and what the default action does where no accept rule can match. What was
/// reported when the flow was judged `before` is not reported again.
void Engine::judge_connection(Flow& flow, const InFlight& in, const Judged* before) {
    const RuleSet& rules = inspector_.rules();
    const auto concerns = [&rules](std::uint32_t index, const Header& header) {
        return rules.rules()[index].header_matches(header.client, header.client_port, header.server,
                                                   header.server_port);
    };
    const Header header = flow.header();
    bool undecided = before != nullptr;
    findings_.clear();
    for (const std::uint32_t index : rules.connection_rules()) {
        bool reported = undecided && concerns(index, before->header);
        if (reported && rules.rules()[index].action != Action::alert) {
            undecided = false;
            // Had any other rule decided, this would not be judged again: it has come with a reload.
            reported = before->accepted && rules.rules()[index].action == Action::accept;
        }
        if (concerns(index, header))
            findings_.push_back({index, 0, 0, reported});
    }
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
    FlowAside& aside = aside_of(flow);
    for (const Side sender : {Side::client, Side::server}) {
        std::uint64_t& until = aside.accept_until[index(sender)];
        AcceptBounds& bounds = aside.accept_bounds[index(sender)];
        bounds = inspector_.accept_bounds(flow, sender);
        until = bounds.always ? no_limit : 0;
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

/// Some accept rule can still match what `sender` sends. One about named buffers can until these are there
/// for the first time, or until it turns out that there will be none.
bool Engine::may_be_accepted(const Flow& flow, Side sender) {
    const auto at = index(sender);
    const MatchStream& stream = flow.streams[at];
    if (stream.ended)
        return false;
    if (stream.fed < flow.aside->accept_until[at])
        return true;
    const AcceptBounds& bounds = flow.aside->accept_bounds[at];
    if (!bounds.read_transactions())
        return false;
    return !flow.app || (flow.app->layer.may_read(sender) && !flow.accept_is_decided(sender));
}

/// Blocks the flow once no accept rule can match any more.
void Engine::apply_default(Flow& flow, Side sender, Time now) {
    const Action action = inspector_.rules().default_action();
    if (action == Action::accept || !flow.default_applies || flow.state != FlowState::judging)
        return;
    for (const Side side : {Side::client, Side::server})
        if (may_be_accepted(flow, side))
            return;
    report_.anomaly(flow, Anomaly::default_action, sender, true, now);
    block(flow, action == Action::reject);
}

void Engine::end_inspection(Flow& flow) {
    inspector_.end(flow);
    flow.default_applies = false;
    drop_recent(flow, Side::client);
    drop_recent(flow, Side::server);
    if (flow.aside)
        flow.aside->spared.reset();
    put_aside_away(flow);
}

/// Takes the memory whether there is room or not: what comes next has to wait for it.
FlowAside& Engine::aside_of(Flow& flow) {
    if (!flow.aside) {
        flow_budget_.take(aside_cost);
        flow.aside = std::make_unique<FlowAside>();
    }
    return *flow.aside;
}

/// True, and both are charged, where there is room for `more` bytes too.
bool Engine::afford_aside(Flow& flow, std::size_t more) {
    if (!flow_budget_.charge(more + (flow.aside ? 0 : aside_cost)))
        return false;
    if (!flow.aside)
        flow.aside = std::make_unique<FlowAside>();
    return true;
}

/// Where nothing of it is needed any more.
void Engine::put_aside_away(Flow& flow) {
    if (!flow.aside || flow.default_applies || flow.aside->early || flow.aside->spared ||
        flow.aside->recent[0].allocated() || flow.aside->recent[1].allocated())
        return;
    flow.aside.reset();
    flow_budget_.release(aside_cost);
}

/// Ends inspection; what the receiver has not acknowledged stays remembered.
void Engine::release(Flow& flow, FlowState state) {
    end_inspection(flow);
    flow.state = state;
}

void Engine::block(Flow& flow, bool reject) {
    end_inspection(flow);
    drop_early(flow);
    flow.state = FlowState::blocked;
    flow.reject = reject;
    flow.done_under = 0;
    flows_.set_phase(flow, Phase::blocked);
    report_.count(Counter::flows_blocked);
}

/// Makes connections smaller that rest, those first that have rested longest: at most so many, and not more
/// once `enough` bytes are free. False where that freed nothing.
bool Engine::compress_resting(const Flow* keep, Time now, std::size_t most, std::size_t enough) {
    std::size_t freed = 0;
    for (std::size_t looked = 0; looked < most && freed < enough; ++looked) {
        Flow* const flow = flows_.oldest(Phase::established);
        if (flow == nullptr || flow == keep || flow->last_seen + resting_after > now)
            break;
        freed += inspector_.compress(*flow);
        flows_.set_phase(*flow, Phase::resting);
    }
    return freed > 0;
}

/// Where nothing can be had for less, gives up the connection that matters least: half-open first, then
/// closing. False where all are alive.
bool Engine::make_room(const Flow* keep, Time now) {
    if (compress_resting(keep, now, 64, 4096))
        return true;
    for (const Phase phase : {Phase::handshake, Phase::picked_up, Phase::closing})
        if (Flow* victim = flows_.oldest(phase); victim != nullptr && victim != keep) {
            retire(*victim);
            flows_.erase(*victim);
            return true;
        }
    return false;
}

/// The flow's time is up. What its ends may still say to each other must not look like a connection that
/// nfsieve has never seen.
void Engine::retire(Flow& flow) {
    if (flow.phase != Phase::handshake && flow.phase != Phase::picked_up && flow.done_under == 0 &&
        !flow.connection.finished())
        forgotten_.add(flow.hash);
    report_.count(Counter::flows_expired);
    forget(flow);
}

void Engine::forget(Flow& flow) {
    end_inspection(flow);
    drop_early(flow);
    flow.connection.end(connection_memory_);
    flow_budget_.release(flow_cost);
}

} // namespace nfsieve
