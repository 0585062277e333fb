// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/flow/connection.h"

#include <algorithm>
#include <utility>

namespace nfsieve {
namespace {

constexpr std::uint16_t ethernet_mss = 1460;
constexpr std::size_t minimum_tcp_header = 20;

constexpr std::size_t index(Side side) {
    return static_cast<std::size_t>(side);
}

SynOffer offer_of(const Segment& segment) {
    return {segment.sequence,
            segment.options.has_mss ? segment.options.mss : std::uint16_t{0},
            segment.options.window_scale,
            segment.options.has_window_scale,
            segment.has(tcp_flag::ack),
            true};
}

} // namespace

const SynOffer* Connection::offer_named(Side side, std::uint32_t acknowledgment) const {
    for (const SynOffer& offer : offers_[index(side)])
        if (offer.seen && offer.isn + 1 == acknowledgment)
            return &offer;
    return nullptr;
}

void Connection::note_offer(Side side, const Segment& segment) {
    auto& [newest, before] = offers_[index(side)];
    if (!newest.seen || newest.isn != segment.sequence)
        before = newest;
    newest = offer_of(segment);
    const HalfStream& half = sent_by(side);
    asked_[index(side)] = asked_[index(side)] || established() || !half.synchronised() || half.adopted() ||
                          half.isn() != segment.sequence;
}

void Connection::synchronise(Side side, const SynOffer& offer, StoreMemory& memory) {
    taken_[index(side)] = offer;
    asked_[index(side)] = false;
    sent_by(side).synchronise(offer.isn, memory);
}

/// The SYN that a SYN|ACK answers. One whose number is not on record is believed while any SYN of the other
/// end waits for an answer: only the receiver knows which it took, and one that lies gets no acknowledgment
/// for its own SYN.
std::optional<SynOffer> Connection::answered_by(Side from, const Segment& segment) const {
    if (!segment.has(tcp_flag::ack))
        return std::nullopt;
    if (const SynOffer* const named = offer_named(other(from), segment.acknowledgment))
        return *named;
    if (early_length_ != 0 && early_from_ == other(from) &&
        segment.acknowledgment - early_.isn - 1 <= early_length_)
        return early_;
    if (!asked_[index(other(from))])
        return std::nullopt;
    SynOffer unseen;
    unseen.isn = segment.acknowledgment - 1;
    return unseen;
}

Connection::Step Connection::observe(Side from, const Segment& segment, StoreMemory& memory) {
    HalfStream& mine = sent_by(from);
    HalfStream& peer = sent_by(other(from));
    observe_reset(from, segment);

    if (segment.has(tcp_flag::syn)) {
        const auto answered = answered_by(from, segment);
        if (!answered) {
            if (!segment.has(tcp_flag::ack))
                note_offer(from, segment);
            return Step::handshake;
        }
        // The same number may be chosen twice on the same ports: the answer then is another.
        const bool another =
            asked_[index(other(from))] && mine.synchronised() && mine.isn() != segment.sequence;
        if (answered->answer)
            return Step::handshake;
        const bool repeated =
            peer.synchronised() && !peer.adopted() && !another && peer.isn() == answered->isn;
        if (repeated) {
            if (!mine.synchronised())
                note_offer(from, segment);
            return Step::handshake;
        }
        const bool fresh = !peer.synchronised() && !mine.synchronised();
        synchronise(other(from), *answered, memory);
        static_cast<void>(
            peer.acknowledge(answered->isn + 1, segment.window, memory)); // not scaled in a SYN|ACK
        if (early_.isn != answered->isn)
            early_length_ = 0;
        mine.clear(memory);
        mine = HalfStream();
        const SynOffer* const own = offer_named(from, segment.sequence + 1);
        SynOffer offer = offer_of(segment);
        offer.answer = own == nullptr || own->answer; // not in a simultaneous open (RFC 9293 section 3.5)
        offers_[index(from)] = {offer, {}};
        taken_[index(from)] = {};
        adopted_ = false;
        reset_ = false;
        gave_up_ = {};
        return fresh ? Step::handshake : Step::restarted;
    }

    // The challenge of RFC 5961 section 4, to a SYN on a connection of which no more was seen.
    if (segment.has(tcp_flag::ack) && !segment.has(tcp_flag::rst) && !mine.synchronised() &&
        !peer.synchronised() && !offers_[index(from)][0].seen)
        return Step::living;

    // The last step of the handshake: this end names the SYN|ACK it took.
    if (segment.has(tcp_flag::ack) && !segment.has(tcp_flag::rst) && mine.synchronised() &&
        !peer.synchronised())
        if (const SynOffer* const named = offer_named(other(from), segment.acknowledgment))
            synchronise(other(from), *named, memory);

    if (adopted_ && !mine.synchronised())
        mine.adopt(segment.sequence, memory);
    // A receiver reads nothing before its SYN is acknowledged, and who only claims an address cannot do that.
    if (mine.synchronised() && (peer.synchronised() || adopted_))
        return Step::segment;
    return segment.payload_length > 0 || segment.has(tcp_flag::fin) ? Step::premature : Step::handshake;
}

/// A RST whose receiver would obey it may be the end (RFC 5961 section 3.2: one that does not fit exactly is
/// answered, or ignored). Where either end has said something since, it was not.
void Connection::observe_reset(Side from, const Segment& segment) {
    const HalfStream& mine = sent_by(from);
    bool& gave_up = gave_up_[index(from)];
    resumed_ = gave_up && !segment.has(tcp_flag::rst) && !segment.has(tcp_flag::syn);
    if (!segment.has(tcp_flag::rst)) {
        reset_ = reset_ && segment.has(tcp_flag::syn);
        gave_up = gave_up && segment.has(tcp_flag::syn);
    } else if (!mine.synchronised() || mine.may_be_expected(segment.sequence)) {
        reset_ = true;
        gave_up = true;
    }
}

void Connection::note_early(Side from, const Segment& segment) {
    early_ = offer_of(segment);
    early_length_ = segment.payload_length;
    early_from_ = from;
}

void Connection::turn() {
    early_from_ = other(early_from_);
    std::swap(halves_[0], halves_[1]);
    std::swap(offers_[0], offers_[1]);
    std::swap(taken_[0], taken_[1]);
    std::swap(asked_[0], asked_[1]);
    std::swap(gave_up_[0], gave_up_[1]);
}

void Connection::adopt(Side from, const Segment& segment, StoreMemory& memory) {
    adopted_ = true;
    early_length_ = 0;
    asked_ = {};
    offers_ = {}; // what was offered on a living connection was not taken
    sent_by(from).adopt(segment.sequence, memory);
}

std::uint32_t Connection::window(Side from, const Segment& segment) const {
    const auto& [client, server] = taken_;
    if (!client.seen || !server.seen)
        return HalfStream::largest_window;
    const bool scaled = client.scales && server.scales && !segment.has(tcp_flag::syn);
    return std::uint32_t{segment.window} << (scaled ? taken_[index(from)].scale : 0);
}

std::uint32_t Connection::segment_size(const Segment& segment) const {
    std::uint16_t mss = 0;
    for (const SynOffer& offer : taken_)
        if (offer.mss != 0)
            mss = mss == 0 ? offer.mss : std::min(mss, offer.mss);
    if (mss == 0)
        mss = ethernet_mss;
    const std::size_t header = segment.packet.size() - segment.tcp_offset - segment.payload.size();
    const std::size_t options = header - std::min(header, minimum_tcp_header);
    return static_cast<std::uint32_t>(mss > options ? mss - options : 1);
}

void Connection::clear(StoreMemory& memory) {
    halves_[0].clear(memory);
    halves_[1].clear(memory);
}

} // namespace nfsieve
