// SPDX-License-Identifier: GPL-2.0-or-later
// Signatures about payload. As in Suricata, a rule with offset, depth, startswith or dsize is held against
// each packet and against the stream, and all others against the stream alone: against the bytes at hand with
// a window of those before them. Packets are what arrived here, which the sender may have cut otherwise
// (GSO).
#include "nfsieve/inspect/signature_matcher.h"
#include "sorted.h"

#include <algorithm>
#include <optional>

namespace nfsieve {
namespace {

/// Steps of CheckRunner that no look at a window of payload should take: only looks that do count as
/// expensive.
constexpr std::int64_t dear = 100'000;

/// Payload bytes that are kept at most for transactions that may ask for them. A connection whose first bytes
/// are more and tell no protocol has none.
constexpr std::size_t most_kept = 8192;

/// Places for more open rules that a flow keeps.
constexpr std::size_t most_spare = 2;

/// Bytes that are copied behind those before them, to be scanned at once.
constexpr std::size_t worth_copying = 4096;

bool is_payload(const BufferView& view) {
    return view.buffer == Buffer::payload;
}

/// A header of the packet; nothing where it is of the other version.
std::optional<Bytes> packet_header(const Segment& segment, Buffer buffer) {
    const Bytes packet = segment.packet;
    if (buffer == Buffer::tcp_header) {
        const Bytes rest = packet.subspan(segment.tcp_offset);
        return rest.first(std::min<std::size_t>(rest.size(), std::size_t{rest[12]} >> 4 << 2));
    }
    if (segment.v4 != (buffer == Buffer::ipv4_header))
        return std::nullopt;
    return packet.first(segment.tcp_offset); // IPv6's extension headers are part of it
}

/// The part of a stream offset that SignatureFlow::Open keeps.
std::uint32_t low(std::uint64_t offset) {
    return static_cast<std::uint32_t>(offset);
}

/// How far before `end` the offset lies of which `kept` is known.
std::uint32_t distance(std::uint64_t end, std::uint32_t kept) {
    return low(end) - kept;
}

/// `offset`: where the piece begins that the trigger was found in.
void remember(std::vector<SignatureFlow::Open>& open, std::uint32_t rule, std::uint64_t trigger_end,
              std::uint64_t offset) {
    const auto known =
        std::find_if(open.begin(), open.end(), [&](const auto& entry) { return entry.rule == rule; });
    if (known == open.end())
        open.push_back({rule, {}, low(trigger_end), low(offset)});
    else
        known->trigger_end = low(trigger_end);
}

} // namespace

/// Literals that begin in the last `before` bytes of the tail and end in `start`, which begins at `offset`.
bool SignatureMatcher::scan_seam(const TriggerLiterals& literals, const std::vector<std::uint8_t>& tail,
                                 std::size_t before, Bytes start, std::uint64_t offset) {
    if (!literals.database || before == 0)
        return true;
    seam_.assign(tail.end() - static_cast<std::ptrdiff_t>(before), tail.end());
    seam_.insert(seam_.end(), start.begin(), start.end());
    base_ = offset - before;
    return scan(literals, seam_, before);
}

bool SignatureMatcher::scan_payload(const TriggerGroup& group, const std::vector<std::uint8_t>& tail,
                                    Bytes bytes, std::uint64_t offset) {
    const auto first = [&](std::size_t most) { return bytes.first(std::min(most, bytes.size())); };
    base_ = offset;
    bool fine = scan(group.head, first(group.head_size));
    const std::size_t reach = group.anywhere.longest == 0 ? 0 : group.anywhere.longest - 1;
    const std::size_t before = std::min(reach, tail.size());
    // To copy a small piece costs less than another scan.
    if (bytes.size() > worth_copying || before == 0)
        fine = fine && scan(group.anywhere, bytes) &&
               scan_seam(group.anywhere, tail, before, first(reach), offset);
    else
        fine = fine && scan_seam(group.anywhere, tail, before, bytes, offset);
    if (offset < group.head_size)
        fine = fine && scan_seam(group.head, tail, std::min<std::size_t>(offset, tail.size()),
                                 first(group.head_size - offset), offset);
    base_ = 0;
    return fine;
}

SignatureMatcher::Outcome SignatureMatcher::find_payload(SignatureFlow& flow, Side sender, Bytes bytes,
                                                         std::uint64_t offset,
                                                         const SignatureContext& context) {
    joined_of_ = {};
    piece_ = {bytes, offset, sender};
    const bool to_server = sender == Side::client;
    std::vector<SignatureFlow::Open>& open = flow.open[index(sender)];
    if (const TriggerGroup* group = set_.payload_group(to_server, context.header->server_port)) {
        begin_candidates();
        if (!scan_payload(*group, flow.tails[index(sender)], bytes, offset))
            return Outcome::failed;
        for (const Candidate& candidate : candidates_)
            remember(open, candidate.rule, candidate.end, offset);
    }
    for (const std::uint32_t rule : set_.payload_rules(to_server))
        remember(open, rule, offset, offset);
    return Outcome::fine;
}

std::uint32_t SignatureMatcher::payload_bits(const SignatureFlow& flow, Side sender, std::uint32_t rule) {
    if (flow.waiting)
        for (const auto& [known, bits] : flow.waiting->payload_holds[index(sender)])
            if (known == rule)
                return bits;
    return 0;
}

/// Each part by itself: what they make together depends on a transaction. `may_wait`: it will ask again.
std::uint32_t SignatureMatcher::judge_payload_parts(SignatureFlow& flow, std::uint32_t rule, Side sender,
                                                    bool may_wait, const SignatureContext& context) {
    const Signature& signature = set_.of_rule(rule);
    const Bytes bytes = piece_.sender == sender ? piece_.bytes : Bytes();
    const std::uint32_t before = payload_bits(flow, sender, rule);
    auto& open = flow.open[index(sender)];
    const auto entry =
        std::find_if(open.begin(), open.end(), [&](const auto& each) { return each.rule == rule; });
    const bool all_hold = std::all_of(
        signature.parts.begin(), signature.parts.end(), [&, part = 0U](const SignaturePart& each) mutable {
            return (before >> part++ & 1U) != 0 || !is_payload(set_.views()[each.view]);
        });
    if (all_hold || entry == open.end() || !applies(signature, sender, context))
        return before;
    const Bytes all = joined(flow, sender, bytes);
    const std::uint64_t end = bytes.empty() ? flow.ends[index(sender)] : piece_.offset + bytes.size();
    if (!is_due(*entry, all, end, may_wait))
        return before;
    std::uint32_t bits = before;
    std::int64_t spent = 0;
    for (std::size_t part = 0; part < signature.parts.size(); ++part) {
        const BufferView& view = set_.views()[signature.parts[part].view];
        if (!is_payload(view) || (bits >> part & 1U) != 0)
            continue;
        const auto look = [&](BufferBytes buffer) {
            if (!view.transforms.empty())
                buffer = {
                    transformer_.run(set_.transforms(signature.parts[part].view), buffer.bytes, transformed_),
                    0, true};
            const Answer answer = runner_.run(signature.parts[part].checks, buffer).answer;
            spent += runner_.spent();
            return answer == Answer::yes;
        };
        if ((signature.spec.packet_bound && !bytes.empty() && look({bytes, 0, true})) ||
            look({all, end - all.size(), true}))
            bits |= 1U << part;
    }
    if (bits == before) {
        note_look(*entry, spent, all, end);
        return bits;
    }
    // Another transaction may ask for the same bytes.
    entry->looked = low(end - all.size());
    entry->awaited = {};
    auto& holds = flow.wait().payload_holds[index(sender)];
    const auto known =
        std::find_if(holds.begin(), holds.end(), [&](const auto& each) { return each.first == rule; });
    if (known == holds.end())
        holds.emplace_back(rule, bits);
    else
        known->second = bits;
    return bits;
}

/// A transaction that asks for payload waits for it, or one that is not all there yet may come to ask for
/// some that will be gone by then.
bool SignatureMatcher::may_be_asked_for(const SignatureFlow& flow, std::uint32_t rule, Side sender,
                                        const SignatureContext& context) const {
    if (!context.detecting && !context.parsing)
        return false;
    const auto pending = flow.pending();
    if (std::any_of(pending.begin(), pending.end(), [&](const Pending& each) {
            return each.rule == rule && each.sender == sender && !each.done;
        }))
        return true;
    const Stage stage = flow.reached[index(sender)].stage;
    const std::uint64_t at = flow.reached[index(sender)].at;
    const bool next_has_begun = stage == Stage::complete && at < piece_.offset + piece_.bytes.size();
    const Signature& signature = set_.of_rule(rule);
    return std::any_of(signature.parts.begin(), signature.parts.end(), [&](const SignaturePart& part) {
        const AppProtocol protocol = info(set_.views()[part.view].buffer).protocol;
        return part.starts && (context.detecting || protocol == context.protocol) &&
               (next_has_begun || stage < stages_[part.view]);
    });
}

void SignatureMatcher::judge_payload(SignatureFlow& flow, Side sender, Bytes bytes, std::uint64_t offset,
                                     const SignatureContext& context, std::vector<Hit>& hits) {
    piece_.bytes = bytes;
    const bool transactions_follow = context.detecting || context.parsing;
    if (!transactions_follow)
        flow.waiting.reset();
    std::vector<SignatureFlow::Open>& open = flow.open[index(sender)];
    std::sort(open.begin(), open.end(), [&](const auto& a, const auto& b) {
        return set_.of_rule(a.rule).turn < set_.of_rule(b.rule).turn;
    });
    std::erase_if(open, [&](SignatureFlow::Open& entry) {
        const Signature& signature = set_.of_rule(entry.rule);
        if (signature.reads_transaction)
            return !transactions_follow;
        if (contains(flow.fired[index(sender)], entry.rule) && !signature.keeps_state)
            return true;
        const Checked checked = judge_open(flow, entry, sender, bytes, offset, context);
        return checked.answer == Answer::no ||
               (checked.answer == Answer::yes &&
                complete(flow, entry.rule, sender, std::clamp(checked.end, offset + 1, offset + bytes.size()),
                         context, hits));
    });

    const std::size_t kept = keep_for_transactions(flow, sender, context);
    if (set_.payload_group(sender == Side::client, context.header->server_port) != nullptr)
        keep_last(flow, sender, bytes, kept);
    flow.ends[index(sender)] = offset + bytes.size();
    forget_open(flow, sender);
    joined_of_ = {};
    piece_ = {};
}

/// A trigger that has left the window begins nothing any more.
void SignatureMatcher::forget_open(SignatureFlow& flow, Side sender) const {
    std::vector<SignatureFlow::Open>& open = flow.open[index(sender)];
    const std::size_t there = flow.tails[index(sender)].size();
    const std::uint64_t end = flow.ends[index(sender)];
    std::erase_if(open, [&](const SignatureFlow::Open& entry) {
        const std::size_t its =
            set_.of_rule(entry.rule).reads_transaction ? there : std::min(there, limits_.window);
        return distance(end, entry.trigger_end) >= its;
    });
    // What has left it need not be looked at either, and its distance stays small.
    for (SignatureFlow::Open& entry : open)
        if (distance(end, entry.looked) > there)
            entry.looked = low(end - there);
    if (open.capacity() - open.size() > most_spare)
        open.shrink_to_fit();
}

/// How many of the last bytes are to be kept: where a transaction that is not all there yet may come to ask
/// for some that no rule has been held against so far, those too. What would be too many is looked at now.
std::size_t SignatureMatcher::keep_for_transactions(SignatureFlow& flow, Side sender,
                                                    const SignatureContext& context) {
    const std::uint64_t end = piece_.offset + piece_.bytes.size();
    std::size_t kept = limits_.window;
    for (const SignatureFlow::Open& entry : flow.open[index(sender)]) {
        const Signature& signature = set_.of_rule(entry.rule);
        if (!signature.reads_transaction || !may_be_asked_for(flow, entry.rule, sender, context))
            continue;
        // A packet is known as such while it is at hand.
        const std::size_t needed = distance(end, entry.looked) + limits_.window;
        if (needed > most_kept || signature.spec.packet_bound)
            static_cast<void>(judge_payload_parts(flow, entry.rule, sender, false, context));
        else
            kept = std::max(kept, needed);
    }
    return kept;
}

void SignatureMatcher::keep_last(SignatureFlow& flow, Side sender, Bytes bytes, std::size_t most) const {
    std::vector<std::uint8_t>& tail = flow.tails[index(sender)];
    const Bytes last = bytes.last(std::min(bytes.size(), most));
    const std::size_t kept = std::min(tail.size(), most - last.size());
    tail.erase(tail.begin(), tail.end() - static_cast<std::ptrdiff_t>(kept));
    if (most == limits_.window && tail.capacity() > most)
        tail.shrink_to_fit();
    if (tail.capacity() < limits_.window)
        tail.reserve(std::min(limits_.window, std::max(kept + last.size(), 2 * tail.capacity())));
    tail.insert(tail.end(), last.begin(), last.end());
}

/// The bytes at hand behind all that are kept.
Bytes SignatureMatcher::joined(const SignatureFlow& flow, Side sender, Bytes bytes) {
    const std::vector<std::uint8_t>& tail = flow.tails[index(sender)];
    if (tail.empty())
        return bytes;
    if (bytes.empty())
        return tail;
    if (joined_of_.data() != bytes.data() || joined_of_.size() != bytes.size()) {
        joined_.assign(tail.begin(), tail.end());
        joined_.insert(joined_.end(), bytes.begin(), bytes.end());
        joined_of_ = bytes;
    }
    return joined_;
}

/// The bytes at hand, and those before them that rules about payload alone are held against with them.
Bytes SignatureMatcher::window(const SignatureFlow& flow, Side sender, Bytes bytes) {
    const Bytes all = joined(flow, sender, bytes);
    return all.last(std::min(all.size(), limits_.window + bytes.size()));
}

/// The checks of the one part of payload that a rule asks for; null where something else than its bytes may
/// make them hold.
const CompiledChecks* SignatureMatcher::only_payload(const Signature& signature) const {
    const CompiledChecks* found = nullptr;
    for (const SignaturePart& part : signature.parts) {
        const BufferView& view = set_.views()[part.view];
        if (is_packet_header(view.buffer))
            return nullptr;
        if (!is_payload(view))
            continue;
        if (found != nullptr || !view.transforms.empty() || part.checks.takes_variables())
            return nullptr;
        found = &part.checks;
    }
    return found;
}

/// Bytes that come one by one would have a rule held against the same window again and again. It is looked at
/// when what it lacks has turned up in what is new, and where it is expensive and `may_wait` when an eighth
/// of the window is new. `end`: of the window, in the stream.
bool SignatureMatcher::is_due(SignatureFlow::Open& entry, Bytes window, std::uint64_t end,
                              bool may_wait) const {
    const std::size_t fresh = std::min<std::size_t>(distance(end, entry.looked), window.size());
    if (fresh == 0)
        return false;
    const CompiledChecks* const checks = only_payload(set_.of_rule(entry.rule));
    if (checks != nullptr && !entry.awaited.turned_up(*checks, window, fresh)) {
        entry.looked = low(end);
        return false;
    }
    return !may_wait || entry.spent <= patience || fresh >= window.size() / 8;
}

void SignatureMatcher::note_look(SignatureFlow::Open& entry, std::int64_t spent, Bytes window,
                                 std::uint64_t end) const {
    entry.looked = low(end);
    if (spent > dear)
        entry.spent = static_cast<std::uint32_t>(std::min(entry.spent + spent, patience + 1));
    const CompiledChecks* const checks = only_payload(set_.of_rule(entry.rule));
    entry.awaited = checks == nullptr ? Awaited() : Awaited::by(*checks, window);
}

/// `undecided`: more bytes may complete it.
Checked SignatureMatcher::judge_open(const SignatureFlow& flow, SignatureFlow::Open& entry, Side sender,
                                     Bytes bytes, std::uint64_t offset, const SignatureContext& context) {
    using Protocol = SignatureSpec::Protocol;
    const Signature& signature = set_.of_rule(entry.rule);
    const SignatureSpec& spec = signature.spec;
    if (!applies(signature, sender, context))
        return {Answer::undecided, 0}; // it may be established later
    if (const Answer fits = protocol_fits(signature, context); fits != Answer::yes)
        return {fits, 0};
    if (of_packets(signature)) {
        const bool own =
            context.segment != nullptr && context.segment->payload.size() >= bytes.size() &&
            bytes.data() >= context.segment->payload.data() &&
            bytes.data() + bytes.size() <= context.segment->payload.data() + context.segment->payload.size();
        if (packet_fits(signature, own ? context.segment->payload.size() : bytes.size(), context)) {
            Checked checked = check_payload(signature, BufferBytes{bytes, 0, true}, context);
            checked.end += offset;
            if (checked.answer == Answer::yes)
                return checked;
        }
    }
    if (spec.protocol == Protocol::tcp_packet || spec.no_stream || !spec.dsize.empty() ||
        !packet_fits(signature, bytes.size(), context))
        return {Answer::undecided, 0};
    const Bytes all = window(flow, sender, bytes);
    const std::uint64_t end = offset + bytes.size();
    if (!is_due(entry, all, end, true))
        return {Answer::undecided, 0};
    std::int64_t spent = 0;
    Checked checked = check_payload(signature, BufferBytes{all, end - all.size(), true}, context, &spent);
    if (checked.answer == Answer::no) {
        checked.answer = Answer::undecided;
        note_look(entry, spent, all, end);
    }
    return checked;
}

/// It is held against single packets.
bool SignatureMatcher::of_packets(const Signature& signature) {
    using Protocol = SignatureSpec::Protocol;
    const SignatureSpec& spec = signature.spec;
    return (spec.packet_bound || spec.no_stream || spec.protocol == Protocol::tcp_packet) &&
           spec.protocol != Protocol::tcp_stream && !spec.only_stream;
}

SignatureMatcher::Outcome SignatureMatcher::judge_lone(SignatureFlow& flow, Side sender, Bytes bytes,
                                                       bool tracked, std::uint64_t offset,
                                                       const SignatureContext& context,
                                                       std::vector<Hit>& hits) {
    using Protocol = SignatureSpec::Protocol;
    const bool to_server = sender == Side::client;
    begin_candidates();
    if (const TriggerGroup* group = set_.payload_group(to_server, context.header->server_port))
        if (!scan_payload(*group, {}, bytes, 0))
            return Outcome::failed;
    for (const std::uint32_t rule : set_.payload_rules(to_server))
        add_candidate(rule, 0);
    sort_candidates();
    for (const Candidate& candidate : candidates_) {
        const Signature& signature = set_.of_rule(candidate.rule);
        const Protocol protocol = signature.spec.protocol;
        if (signature.reads_transaction || signature.spec.only_stream ||
            (protocol != Protocol::tcp && protocol != Protocol::tcp_packet) ||
            (tracked && !of_packets(signature)) || !applies(signature, sender, context) ||
            !packet_fits(signature, bytes.size(), context) ||
            check_payload(signature, BufferBytes{bytes, 0, true}, context).answer != Answer::yes)
            continue;
        static_cast<void>(complete(flow, candidate.rule, sender, offset, context, hits));
    }
    return Outcome::fine;
}

/// What a rule asks of payload, where there is some, and of the packet's headers.
Checked SignatureMatcher::check_payload(const Signature& signature, std::optional<BufferBytes> payload,
                                        const SignatureContext& context, std::int64_t* spent) {
    Checked all{Answer::yes, 0};
    for (const SignaturePart& part : signature.parts) {
        const BufferView& view = set_.views()[part.view];
        BufferBytes looked_at = payload.value_or(BufferBytes());
        if (is_packet_header(view.buffer)) {
            const auto header =
                context.segment == nullptr ? std::nullopt : packet_header(*context.segment, view.buffer);
            if (!header)
                return {Answer::no, 0};
            looked_at = {*header, 0, true};
        } else if (!is_payload(view) || !payload) {
            continue;
        }
        if (!view.transforms.empty())
            looked_at = {transformer_.run(set_.transforms(part.view), looked_at.bytes, transformed_), 0,
                         true};
        const Checked one = runner_.run(part.checks, looked_at);
        if (spent != nullptr)
            *spent += runner_.spent();
        if (one.answer != Answer::yes)
            return {Answer::no, 0};
        if (is_payload(view))
            all.end =
                std::max(all.end, view.transforms.empty() ? one.end : payload->start + payload->bytes.size());
    }
    return all;
}

void SignatureMatcher::judge_packet(SignatureFlow& flow, Side sender, std::uint64_t offset, bool passes,
                                    const SignatureContext& context, std::vector<Hit>& hits) {
    const bool to_server = sender == Side::client;
    const Segment& segment = *context.segment;
    for (const std::uint32_t rule :
         passes ? set_.pass_rules(to_server) : set_.packet_rules(to_server, segment.flags)) {
        const Signature& signature = set_.of_rule(rule);
        if (!packet_fits(signature, segment.payload.size(), context) ||
            !applies(signature, sender, context) || protocol_fits(signature, context) != Answer::yes ||
            check_payload(signature, std::nullopt, context).answer != Answer::yes)
            continue;
        static_cast<void>(complete(flow, rule, sender, offset, context, hits));
    }
}

} // namespace nfsieve
