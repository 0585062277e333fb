// SPDX-License-Identifier: GPL-2.0-or-later
// Triggers, conditions, and what a rule that holds leaves behind. signature_payload.cc and
// signature_transactions.cc have the rest.
#include "nfsieve/inspect/signature_matcher.h"

#include "sorted.h"

#include <algorithm>
#include <new>

namespace nfsieve {
namespace {

bool keeps_by_address(const BitOperation& operation) {
    return operation.scope != BitOperation::Scope::flow;
}

} // namespace

std::size_t SignatureFlow::memory() const {
    const auto bytes = [](const auto& vector) { return vector.capacity() * sizeof(vector[0]); };
    std::size_t sum = sizeof(*this);
    for (const std::size_t at : {0U, 1U})
        sum += bytes(tails[at]) + bytes(open[at]) + bytes(fired[at]);
    if (waiting)
        sum += sizeof(Waiting) + bytes(waiting->pending) + bytes(waiting->payload_holds[0]) +
               bytes(waiting->payload_holds[1]);
    return sum;
}

/// What Vectorscan's callback writes to. Vectorscan is C: nothing may be thrown through it.
struct SignatureMatcher::Collector {
    SignatureMatcher& matcher;
    const TriggerLiterals& literals;
    std::size_t known; ///< literals that end in so many bytes were found before

    static int on_match(unsigned id, unsigned long long, unsigned long long to, unsigned,
                        void* context) noexcept {
        auto& self = *static_cast<Collector*>(context);
        if (to <= self.known || (!self.literals.head.empty() && to > self.literals.head[id]))
            return 0;
        for (const std::uint32_t rule : self.literals.rules_of(id))
            self.matcher.add_candidate(rule, to);
        return 0;
    }
};

SignatureMatcher::SignatureMatcher(const RuleSet& rules, HostTable& hosts, const SignatureLimits& limits)
    : set_(rules.signatures()), hosts_(hosts), limits_(limits), seen_(set_.signatures().size()) {
    if (rules.scratch() != nullptr) {
        hs_scratch_t* clone = nullptr;
        if (hs_clone_scratch(rules.scratch(), &clone) != HS_SUCCESS)
            throw std::bad_alloc();
        scratch_.reset(clone);
    }
    for (const BufferView& view : set_.views()) {
        const bool grows = info(view.buffer).kind == BufferInfo::Kind::streaming;
        streaming_.push_back(grows && view.transforms.empty());
        stages_.push_back(grows ? Stage::complete : stage_of(view.buffer));
    }
    for (std::uint32_t rule = set_.first_rule(); rule < rules.rules().size(); ++rule)
        for (const std::string& event : set_.of_rule(rule).spec.app_events)
            rules_of_event_[event].push_back(rule);
    for (std::uint32_t rule = set_.first_rule(); rule < rules.rules().size(); ++rule)
        if (rules.rules()[rule].action == Action::accept)
            accepting_.push_back(rule);
    for (const Side sender : {Side::client, Side::server})
        for (unsigned flags = 0; flags < 256; ++flags)
            judges_packets_[index(sender)] =
                judges_packets_[index(sender)] || judges_packets(sender, static_cast<std::uint8_t>(flags));
    candidates_.reserve(1024);
}

SignatureMatcher::~SignatureMatcher() = default;

bool SignatureMatcher::concerns(Side sender, std::uint16_t server_port) const {
    const bool to_server = sender == Side::client;
    return set_.payload_group(to_server, server_port) != nullptr || !set_.view_groups(to_server).empty() ||
           !set_.payload_rules(to_server).empty() || judges_packets_[index(sender)] ||
           !rules_of_event_.empty();
}

bool SignatureMatcher::judges_packets(Side sender, std::uint8_t flags) const {
    return !set_.packet_rules(sender == Side::client, flags).empty();
}

bool SignatureMatcher::passes_packets(Side sender) const {
    return !set_.pass_rules(sender == Side::client).empty();
}

void SignatureMatcher::begin_candidates() {
    candidates_.clear();
    if (++stamp_ == 0) { // it has gone round
        std::fill(seen_.begin(), seen_.end(), Seen());
        stamp_ = 1;
    }
}

/// `end` is where the literal ends in what is scanned; the last one counts.
void SignatureMatcher::add_candidate(std::uint32_t rule, std::uint64_t end) {
    Seen& seen = seen_[rule - set_.first_rule()];
    if (seen.stamp != stamp_) {
        seen.stamp = stamp_;
        seen.candidate = static_cast<std::uint32_t>(candidates_.size());
        candidates_.push_back({rule, end + base_});
    } else {
        candidates_[seen.candidate].end = std::max(candidates_[seen.candidate].end, end + base_);
    }
}

/// Bits are set before they are asked for, whatever the order in which literals were found.
void SignatureMatcher::sort_candidates() {
    std::sort(candidates_.begin(), candidates_.end(), [&](const Candidate& a, const Candidate& b) {
        return set_.of_rule(a.rule).turn < set_.of_rule(b.rule).turn;
    });
}

bool SignatureMatcher::scan(const TriggerLiterals& literals, Bytes bytes, std::size_t known) {
    if (!literals.database || bytes.empty())
        return true;
    Collector collector{*this, literals, known};
    return hs_scan(literals.database.get(), reinterpret_cast<const char*>(bytes.data()),
                   static_cast<unsigned>(bytes.size()), 0, scratch_.get(), &Collector::on_match,
                   &collector) == HS_SUCCESS;
}

/// Direction and ends.
bool SignatureMatcher::is_about(const Signature& signature, Side sender, const Header& header) {
    if (sender == Side::client)
        return signature.spec.to_server && signature.header_matches(true, header.client, header.client_port,
                                                                    header.server, header.server_port);
    return signature.spec.to_client && signature.header_matches(false, header.server, header.server_port,
                                                                header.client, header.client_port);
}

/// The rest of a rule may hold or not; here counts when its buffers are known. A rule may need buffers of one
/// protocol or of another, and those that the sender never says are never there.
AcceptBounds SignatureMatcher::accept_bounds(Side sender, const Header& header) const {
    AcceptBounds bounds;
    for (const std::uint32_t rule : accepting_) {
        const Signature& signature = set_.of_rule(rule);
        if (!is_about(signature, sender, header))
            continue;
        bounds.always = bounds.always || signature.parts.empty() || !signature.spec.app_events.empty();
        for (const SignaturePart& part : signature.parts) {
            const BufferInfo& known = info(set_.views()[part.view].buffer);
            if (known.protocol == AppProtocol::none)
                bounds.always = true;
            else if (sender == Side::client ? known.to_server : known.to_client) {
                Stage& until = bounds.until[static_cast<std::size_t>(known.protocol)];
                until = std::max(until, stages_[part.view]);
            }
        }
    }
    return bounds;
}

/// Direction, ends, protocol and the state of the connection: all that does not depend on the bytes.
bool SignatureMatcher::applies(const Signature& signature, Side sender,
                               const SignatureContext& context) const {
    using Established = SignatureSpec::Established;
    const SignatureSpec& spec = signature.spec;
    if (spec.established != Established::any && (spec.established == Established::yes) != context.established)
        return false;
    if (!is_about(signature, sender, *context.header))
        return false;
    return !spec.app_protocol || (*spec.app_protocol == context.protocol) != spec.app_protocol_negated;
}

/// The protocol in the rule's header.
Answer SignatureMatcher::protocol_fits(const Signature& signature, const SignatureContext& context) {
    using Protocol = SignatureSpec::Protocol;
    const Protocol wanted = signature.spec.protocol;
    if (wanted != Protocol::http && wanted != Protocol::tls)
        return Answer::yes;
    if (context.protocol == (wanted == Protocol::http ? AppProtocol::http : AppProtocol::tls))
        return Answer::yes;
    return context.detecting ? Answer::undecided : Answer::no;
}

/// What a rule asks of the packet that carries the bytes; `payload` is its size.
bool SignatureMatcher::packet_fits(const Signature& signature, std::size_t payload,
                                   const SignatureContext& context) {
    const SignatureSpec& spec = signature.spec;
    const auto all = [](const auto& tests, std::uint64_t value) {
        return std::all_of(tests.begin(), tests.end(),
                           [&](const NumberTest& test) { return test.holds(value); });
    };
    if (!all(spec.dsize, payload) || (spec.resumed && !context.resumed))
        return false;
    for (const StreamSizeTest& test : spec.stream_size) {
        const bool client = test.size.holds(context.sent[0]), server = test.size.holds(context.sent[1]);
        using Whose = StreamSizeTest::Whose;
        const bool holds = test.whose == Whose::client   ? client
                           : test.whose == Whose::server ? server
                           : test.whose == Whose::both   ? client && server
                                                         : client || server;
        if (!holds)
            return false;
    }
    const Segment* segment = context.segment;
    if (segment == nullptr)
        return !spec.flags && !spec.window && !spec.ttl && !spec.ack && !spec.seq;
    return (!spec.flags || spec.flags->holds(segment->flags)) &&
           (!spec.window || spec.window->holds(segment->window)) &&
           (!spec.ttl || spec.ttl->holds(segment->hop_limit)) &&
           (!spec.ack || *spec.ack == segment->acknowledgment) &&
           (!spec.seq || *spec.seq == segment->sequence);
}

/// All buffers hold. False where bits or counters forbid it so far. A rate that is not reached has counted
/// this time, and must not count it again.
bool SignatureMatcher::complete(SignatureFlow& flow, std::uint32_t rule, Side sender, std::uint64_t end,
                                const SignatureContext& context, std::vector<Hit>& hits) {
    const Signature& signature = set_.of_rule(rule);
    const SignatureSpec& spec = signature.spec;
    std::vector<std::uint32_t>& fired = flow.fired[index(sender)];
    const bool again = contains(fired, rule);
    if (again && !signature.keeps_state)
        return true;
    const std::uint32_t id = spec.label.signature_id;
    if (context.done != nullptr) {
        const DoneOnce::Found found = context.done->find(id, context.generation);
        if (found == DoneOnce::Found::reported)
            static_cast<void>(insert(fired, rule));
        if (found != DoneOnce::Found::nothing)
            return true;
    }
    if (!context.variables->hold(spec.bits) || !context.variables->hold(spec.counters))
        return false;
    const bool by_address = std::any_of(spec.bits.begin(), spec.bits.end(), keeps_by_address);
    const auto note = [&] {
        if (context.done != nullptr)
            context.done->note(id, context.generation);
    };
    HostTable::Rating rating = HostTable::Rating::report;
    if (by_address || !spec.limits.empty()) {
        const Header& header = *context.header;
        PacketEnds ends{header.client, header.server, context.flow};
        if (sender == Side::server)
            std::swap(ends.source, ends.destination);
        if (by_address && !hosts_.hold(spec.bits, ends, context.now))
            return false;
        if (!spec.limits.empty())
            rating = hosts_.rate(id, spec.limits, ends, context.now);
        if (rating == HostTable::Rating::no_match) {
            note();
            return true;
        }
        if (by_address)
            hosts_.apply(spec.bits, ends, context.now);
    }
    note();
    context.variables->apply(spec.bits);
    context.variables->apply(spec.counters);
    const bool silent = rating == HostTable::Rating::quiet;
    if (again || (silent && spec.action == Action::alert))
        return true;
    static_cast<void>(insert(fired, rule));
    if (context.done != nullptr)
        context.done->note_report(id);
    hits.push_back({end, rule, silent});
    return true;
}

DoneOnce::Held& DoneOnce::of(std::uint32_t signature) {
    const auto known = std::find_if(rules_.begin(), rules_.end(),
                                    [&](const Held& each) { return each.signature == signature; });
    return known != rules_.end() ? *known : rules_.emplace_back(Held{signature, {}, false});
}

DoneOnce::Found DoneOnce::find(std::uint32_t signature, std::size_t generation) {
    Held& held = of(signature);
    if (held.times[generation] >= held.times[1 - generation])
        return Found::nothing;
    ++held.times[generation];
    return held.reported ? Found::reported : Found::done;
}

void SignatureMatcher::restart(SignatureFlow& flow, Side sender) {
    flow.tails[index(sender)].clear();
    flow.ends[index(sender)] = 0;
    flow.open[index(sender)].clear();
    flow.reached[index(sender)] = {};
    if (flow.waiting) {
        flow.waiting->pending.clear();
        flow.waiting->payload_holds[index(sender)].clear();
    }
}

bool SignatureMatcher::mark_fired(SignatureFlow& flow, Side sender, std::uint32_t rule) {
    return insert(flow.fired[index(sender)], rule);
}

} // namespace nfsieve
