// SPDX-License-Identifier: GPL-2.0-or-later
// Signatures about what parsers read. A rule that was triggered in one buffer waits for the others, within
// one transaction.
#include "nfsieve/inspect/signature_matcher.h"
#include "sorted.h"

#include <algorithm>
#include <optional>

namespace nfsieve {
namespace {

constexpr std::size_t most_pending = 4096; ///< of one flow

void forget_dead(SignatureFlow& flow) {
    if (flow.waiting)
        std::erase_if(flow.waiting->pending, [](const auto& each) { return each.dead; });
}

} // namespace

/// Scans one view of a transaction.
bool SignatureMatcher::scan_view(const ViewGroup& group, Transaction& transaction, Side sender) {
    const BufferView& view = set_.views()[group.view];
    const bool many = info(view.buffer).kind == BufferInfo::Kind::instances;
    bool there = false;
    for (std::size_t instance = 0;; ++instance) {
        const auto buffer = transaction.buffer(sender, view, instance);
        if (!buffer)
            break;
        there = true;
        if (group.group.anywhere.database &&
            !scan(group.group.anywhere,
                  view.transforms.empty()
                      ? buffer->bytes
                      : transformer_.run(set_.transforms(group.view), buffer->bytes, transformed_)))
            return false;
        if (!many)
            break;
    }
    if (there)
        for (const std::uint32_t rule : group.group.always)
            add_candidate(rule, 0);
    return true;
}

SignatureMatcher::Outcome SignatureMatcher::on_stage(SignatureFlow& flow, Transaction& transaction,
                                                     Side sender, Stage reached, std::uint64_t at,
                                                     const SignatureContext& context,
                                                     std::vector<Hit>& hits) {
    flow.reached[index(sender)] = {reached, at};
    begin_candidates();
    for (const ViewGroup& group : set_.view_groups(sender == Side::client))
        if (stages_[group.view] == reached && !streaming_[group.view] &&
            !scan_view(group, transaction, sender))
            return Outcome::failed;
    judge_candidates(flow, transaction, sender, at, context, hits);
    judge_waiting(flow, transaction, sender, reached, at, context, hits);
    return Outcome::fine;
}

SignatureMatcher::Outcome SignatureMatcher::on_body(SignatureFlow& flow, Transaction& transaction,
                                                    Side sender, std::size_t fresh, std::uint64_t at,
                                                    const SignatureContext& context, std::vector<Hit>& hits) {
    begin_candidates();
    for (const ViewGroup& group : set_.view_groups(sender == Side::client)) {
        if (!streaming_[group.view])
            continue;
        const auto body = transaction.buffer(sender, set_.views()[group.view], 0);
        if (!body)
            continue;
        const auto& [anywhere, head, head_size, always] = group.group;
        const std::uint64_t size = body->start + body->bytes.size();
        const std::size_t with_seam = fresh + (anywhere.longest == 0 ? 0 : anywhere.longest - 1);
        if (!scan(anywhere, body->bytes.last(std::min(body->bytes.size(), with_seam))) ||
            (body->start == 0 && size < head_size + fresh &&
             !scan(head, body->bytes.first(std::min(body->bytes.size(), head_size)))))
            return Outcome::failed;
        if (size <= fresh) // the first bytes
            for (const std::uint32_t rule : always)
                add_candidate(rule, 0);
    }
    judge_candidates(flow, transaction, sender, at, context, hits);
    judge_waiting(flow, transaction, sender, Stage::body, at, context, hits);
    return Outcome::fine;
}

void SignatureMatcher::on_event(SignatureFlow& flow, Transaction* transaction, Side sender,
                                std::string_view name, std::uint64_t at, const SignatureContext& context,
                                std::vector<Hit>& hits) {
    const auto rules = rules_of_event_.find(std::string(name));
    if (rules == rules_of_event_.end())
        return;
    for (const std::uint32_t rule : rules->second) {
        const Signature& signature = set_.of_rule(rule);
        // It is of the whole transaction: rules about what the other end sends are told too.
        const Side side = applies(signature, sender, context) ? sender : other(sender);
        if ((side != sender && !applies(signature, side, context)) ||
            protocol_fits(signature, context) == Answer::no)
            continue;
        if (signature.parts.empty()) {
            static_cast<void>(complete(flow, rule, side, at, context, hits));
        } else if (transaction != nullptr) {
            if (Pending* pending = pending_of(flow, rule, *transaction, side, true))
                judge_pending(flow, *pending, *transaction, at, context, hits);
        }
    }
}

void SignatureMatcher::on_end(SignatureFlow& flow, const Transaction& transaction) {
    if (!flow.waiting)
        return;
    std::erase_if(flow.waiting->pending,
                  [&](const Pending& each) { return each.transaction == transaction.id(); });
    // Payload and transaction belong together where they come together.
    flow.waiting->payload_holds = {};
    // Between transactions a flow is at rest.
    if (flow.waiting->pending.empty())
        flow.waiting.reset();
}

/// The entry of a rule for this transaction; with `make` a new one, null where there is no room.
SignatureFlow::Pending* SignatureMatcher::pending_of(SignatureFlow& flow, std::uint32_t rule,
                                                     const Transaction& transaction, Side sender, bool make) {
    const auto known = flow.pending();
    const auto found = std::find_if(known.begin(), known.end(), [&](const Pending& each) {
        return each.rule == rule && each.sender == sender && each.transaction == transaction.id();
    });
    if (found != known.end())
        return &*found;
    if (!make || known.size() >= most_pending)
        return nullptr;
    Pending pending{};
    pending.transaction = transaction.id();
    pending.rule = rule;
    pending.sender = sender;
    return &flow.wait().pending.emplace_back(pending);
}

void SignatureMatcher::judge_candidates(SignatureFlow& flow, Transaction& transaction, Side sender,
                                        std::uint64_t at, const SignatureContext& context,
                                        std::vector<Hit>& hits) {
    sort_candidates();
    for (const Candidate& candidate : candidates_) {
        const Signature& signature = set_.of_rule(candidate.rule);
        if (!applies(signature, sender, context) || protocol_fits(signature, context) == Answer::no ||
            (contains(flow.fired[index(sender)], candidate.rule) && !signature.keeps_state))
            continue;
        // A literal of a body of a rule that another buffer triggers says nothing by itself.
        const bool begins = signature.spec.app_events.empty();
        Pending* const pending = pending_of(flow, candidate.rule, transaction, sender, begins);
        if (pending != nullptr)
            judge_pending(flow, *pending, transaction, at, context, hits);
    }
    forget_dead(flow);
}

/// Those that wait for what has just become known.
void SignatureMatcher::judge_waiting(SignatureFlow& flow, Transaction& transaction, Side sender,
                                     Stage reached, std::uint64_t at, const SignatureContext& context,
                                     std::vector<Hit>& hits) {
    // By index: a rule that holds may let others in.
    for (std::size_t i = 0; i < flow.pending().size(); ++i) {
        Pending& pending = flow.pending()[i];
        if (pending.done || pending.sender != sender || pending.transaction != transaction.id() ||
            seen_[pending.rule - set_.first_rule()].stamp == stamp_)
            continue;
        if (reached == Stage::body && pending.spent > patience && !has_grown(pending, transaction))
            continue;
        judge_pending(flow, pending, transaction, at, context, hits);
    }
    forget_dead(flow);
}

/// Where a rule is expensive, the next look at a growing body is due when a quarter of what is there is new:
/// what one byte costs stays bounded, and no byte leaves the window before it was looked at with those around
/// it.
bool SignatureMatcher::has_grown(const Pending& pending, Transaction& transaction) const {
    const Signature& signature = set_.of_rule(pending.rule);
    return std::any_of(signature.parts.begin(), signature.parts.end(), [&](const SignaturePart& part) {
        if (!streaming_[part.view] || set_.views()[part.view].buffer == Buffer::payload)
            return false;
        const auto body = transaction.buffer(pending.sender, set_.views()[part.view], 0);
        return body && body->start + body->bytes.size() >= pending.looked + body->bytes.size() / 4;
    });
}

/// One part, of which nothing is known so far.
Answer SignatureMatcher::answer(SignatureFlow& flow, Pending& pending, std::uint32_t part,
                                Transaction& transaction, const SignatureContext& context) {
    const Signature& signature = set_.of_rule(pending.rule);
    const std::uint32_t view_index = signature.parts[part].view;
    const BufferView& view = set_.views()[view_index];
    if (view.buffer == Buffer::payload) {
        const bool grows = transaction.stage(pending.sender) == Stage::body;
        const std::uint32_t bits = judge_payload_parts(flow, pending.rule, pending.sender, grows, context);
        return (bits >> part & 1U) != 0 ? Answer::yes : Answer::undecided;
    }
    if (is_packet_header(view.buffer))
        return check_payload(signature, std::nullopt, context).answer;
    const bool over = transaction.stage(pending.sender) >= stages_[view_index];
    const bool many = info(view.buffer).kind == BufferInfo::Kind::instances;
    if (!streaming_[view_index] && !over)
        return Answer::undecided;
    for (std::size_t instance = 0;; ++instance) {
        auto buffer = transaction.buffer(pending.sender, view, instance);
        if (!buffer)
            return over ? Answer::no : Answer::undecided;
        if (!view.transforms.empty()) {
            if (buffer->start > 0)
                return Answer::no; // its beginning is gone
            *buffer = {transformer_.run(set_.transforms(view_index), buffer->bytes, transformed_), 0, true};
        }
        const Answer one = runner_.run(signature.parts[part].checks, *buffer).answer;
        if (one != Answer::no || !many)
            return one;
    }
}

/// The same, remembered. `negated`: under a "not", where what grows counts as it is now.
Answer SignatureMatcher::part_holds(SignatureFlow& flow, Pending& pending, std::uint32_t part, bool negated,
                                    Transaction& transaction, const SignatureContext& context) {
    const std::uint32_t bit = 1U << part;
    if ((pending.holds & bit) != 0)
        return Answer::yes;
    if ((pending.lacks & bit) != 0)
        return Answer::no;
    const auto& [view, checks, starts] = set_.of_rule(pending.rule).parts[part];
    std::optional<BufferBytes> body;
    if (streaming_[view] && set_.views()[view].buffer != Buffer::payload &&
        transaction.stage(pending.sender) < stages_[view])
        body = transaction.buffer(pending.sender, set_.views()[view], 0);
    Answer found = Answer::undecided;
    if (!body || pending.awaited_by != part || !still_lacks(pending, checks, *body)) {
        found = answer(flow, pending, part, transaction, context);
        if (body) {
            pending.spent += runner_.spent();
            pending.looked = body->start + body->bytes.size();
        }
        if (body && found == Answer::undecided) {
            pending.awaited = Awaited::by(checks, body->bytes);
            pending.awaited_by = part;
            pending.scanned = body->start + body->bytes.size();
        }
    }
    if (found == Answer::yes)
        pending.holds |= bit;
    else if (found == Answer::no)
        pending.lacks |= bit;
    return found == Answer::undecided && negated && streaming_[view] ? Answer::no : found;
}

/// What the checks need has not come since they were looked at.
bool SignatureMatcher::still_lacks(Pending& pending, const CompiledChecks& checks, const BufferBytes& body) {
    const std::uint64_t size = body.start + body.bytes.size();
    const std::size_t fresh = size - std::min(size, pending.scanned);
    pending.scanned = size;
    return !pending.awaited.turned_up(checks, body.bytes, fresh);
}

Answer SignatureMatcher::holds(SignatureFlow& flow, Pending& pending, std::uint32_t at, bool negated,
                               Transaction& transaction, const SignatureContext& context) {
    const Signature& signature = set_.of_rule(pending.rule);
    const MatchNode& node = signature.nodes[at];
    if (node.kind == MatchKind::pattern)
        return part_holds(flow, pending, node.pattern, negated, transaction, context);
    if (node.kind == MatchKind::not_) {
        const Answer child = holds(flow, pending, node.children.front(), !negated, transaction, context);
        return child == Answer::undecided ? child : child == Answer::yes ? Answer::no : Answer::yes;
    }
    const Answer decisive = node.kind == MatchKind::all ? Answer::no : Answer::yes;
    bool undecided = false;
    for (const std::uint32_t child : node.children) {
        const Answer one = holds(flow, pending, child, negated, transaction, context);
        if (one == decisive)
            return one;
        undecided = undecided || one == Answer::undecided;
    }
    if (undecided)
        return Answer::undecided;
    return decisive == Answer::no ? Answer::yes : Answer::no;
}

void SignatureMatcher::judge_pending(SignatureFlow& flow, Pending& pending, Transaction& transaction,
                                     std::uint64_t at, const SignatureContext& context,
                                     std::vector<Hit>& hits) {
    const Signature& signature = set_.of_rule(pending.rule);
    const SignatureSpec& spec = signature.spec;
    // Bits may be set later; until then its buffers need not be looked at.
    if (pending.done || !context.variables->hold(spec.bits) || !context.variables->hold(spec.counters))
        return;
    Answer all = Answer::yes;
    if (!signature.nodes.empty()) {
        all = holds(flow, pending, 0, false, transaction, context);
    } else {
        for (std::uint32_t part = 0; part < signature.parts.size() && all != Answer::no; ++part) {
            const Answer one = part_holds(flow, pending, part, false, transaction, context);
            all = one == Answer::yes ? all : one;
        }
    }
    pending.dead = all == Answer::no;
    if (all != Answer::yes || protocol_fits(signature, context) != Answer::yes ||
        !packet_fits(signature, 0, context))
        return;
    const std::size_t before = hits.size();
    pending.done = complete(flow, pending.rule, pending.sender, at, context, hits);
    if (hits.size() > before)
        hits.back().transaction = pending.transaction + 1;
}

} // namespace nfsieve
