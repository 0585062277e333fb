// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/flow/connection.h"

#include <algorithm>
#include <utility>

namespace nfsieve {
namespace {

constexpr std::uint16_t ethernet_mss = 1460;
constexpr std::size_t minimum_tcp_header = 20;

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
    if (handshake_)
        for (const SynOffer& offer : handshake_->offers[index(side)])
            if (offer.seen && offer.isn + 1 == acknowledgment)
                return &offer;
    return nullptr;
}

void Connection::note_offer(Side side, const Segment& segment) {
    auto& [newest, before] = handshake_->offers[index(side)];
    if (!newest.seen || newest.isn != segment.sequence)
        before = newest;
    newest = offer_of(segment);
    const HalfStream& half = sent_by(side);
    bool& asked = handshake_->asked[index(side)];
    asked =
        asked || established() || !half.synchronised() || half.adopted() || half.isn() != segment.sequence;
}

void Connection::synchronise(Side side, const SynOffer& offer, StoreMemory& memory) {
    End& end = ends_[index(side)];
    end.scale = offer.scale & 15U;
    end.scales = offer.scales;
    end.seen = offer.seen;
    mss_[index(side)] = offer.mss;
    handshake_->asked[index(side)] = false;
    sent_by(side).synchronise(offer.isn, memory);
}

/// The SYN that a SYN|ACK answers. One whose number is not on record is believed while any SYN of the other
/// end waits for an answer: only the receiver knows which it took, and one that lies gets no acknowledgment
/// for its own SYN.
std::optional<SynOffer> Connection::answered_by(Side from, const Segment& segment) const {
    if (!segment.has(tcp_flag::ack) || !handshake_)
        return std::nullopt;
    if (const SynOffer* const named = offer_named(other(from), segment.acknowledgment))
        return *named;
    if (handshake_->early_length != 0 && handshake_->early_from == other(from) &&
        segment.acknowledgment - handshake_->early.isn - 1 <= handshake_->early_length)
        return handshake_->early;
    if (!handshake_->asked[index(other(from))])
        return std::nullopt;
    SynOffer unseen;
    unseen.isn = segment.acknowledgment - 1;
    return unseen;
}

Connection::Step Connection::observe(Side from, const Segment& segment, ConnectionMemory& memory) {
    HalfStream& mine = sent_by(from);
    const HalfStream& peer = sent_by(other(from));
    observe_reset(from, segment);
    if (segment.has(tcp_flag::syn))
        return observe_syn(from, segment, memory);

    // The challenge of RFC 5961 section 4, to a SYN on a connection of which no more was seen.
    if (segment.has(tcp_flag::ack) && !segment.has(tcp_flag::rst) && !mine.synchronised() &&
        !peer.synchronised() && (!handshake_ || !handshake_->offers[index(from)][0].seen))
        return Step::living;

    // The last step of the handshake: this end names the SYN|ACK it took.
    if (segment.has(tcp_flag::ack) && !segment.has(tcp_flag::rst) && mine.synchronised() &&
        !peer.synchronised())
        if (const SynOffer* const named = offer_named(other(from), segment.acknowledgment))
            synchronise(other(from), *named, memory.stores);
    if (handshake_ && all_answered())
        end_handshake(memory);

    if (adopted_ && !mine.synchronised())
        mine.adopt(segment.sequence, memory.stores);
    // A receiver reads nothing before its SYN is acknowledged, and who only claims an address cannot do that.
    if (mine.synchronised() && (peer.synchronised() || adopted_))
        return Step::segment;
    return segment.payload_length > 0 || segment.has(tcp_flag::fin) ? Step::premature : Step::handshake;
}

Connection::Step Connection::observe_syn(Side from, const Segment& segment, ConnectionMemory& memory) {
    HalfStream& mine = sent_by(from);
    HalfStream& peer = sent_by(other(from));
    const auto answered = answered_by(from, segment);
    if (!answered) {
        if (segment.has(tcp_flag::ack))
            return Step::handshake;
        if (!handshake_) {
            if (!memory.flows.charge(handshake_cost))
                return Step::no_memory;
            handshake_ = memory.handshakes.take();
        }
        note_offer(from, segment);
        return Step::handshake;
    }
    Handshake& shake = *handshake_;
    // The same number may be chosen twice on the same ports: the answer then is another.
    const bool another =
        shake.asked[index(other(from))] && mine.synchronised() && mine.isn() != segment.sequence;
    if (answered->answer)
        return Step::handshake;
    const bool repeated = peer.synchronised() && !peer.adopted() && !another && peer.isn() == answered->isn;
    if (repeated) {
        if (!mine.synchronised())
            note_offer(from, segment);
        return Step::handshake;
    }
    const bool fresh = !peer.synchronised() && !mine.synchronised();
    synchronise(other(from), *answered, memory.stores);
    static_cast<void>(
        peer.acknowledge(answered->isn + 1, segment.window, memory.stores)); // not scaled in a SYN|ACK
    if (shake.early.isn != answered->isn)
        shake.early_length = 0;
    mine.clear(memory.stores);
    mine = HalfStream();
    const SynOffer* const own = offer_named(from, segment.sequence + 1);
    SynOffer offer = offer_of(segment);
    offer.answer = own == nullptr || own->answer; // not in a simultaneous open (RFC 9293 section 3.5)
    shake.offers[index(from)] = {offer, {}};
    mss_[index(from)] = 0;
    ends_[index(from)] = {};
    ends_[index(other(from))].gave_up = false;
    adopted_ = false;
    reset_ = false;
    return fresh ? Step::handshake : Step::restarted;
}

/// Every SYN on record is one that was taken: what an answer to another would change cannot come any more.
bool Connection::all_answered() const {
    if (!established())
        return false;
    for (const Side side : {Side::client, Side::server}) {
        const HalfStream& half = sent_by(side);
        const auto taken = [&](const SynOffer& offer) { return !half.adopted() && half.isn() == offer.isn; };
        const auto& [newest, before] = handshake_->offers[index(side)];
        if (handshake_->asked[index(side)] || (newest.seen && !taken(newest)) ||
            (before.seen && !taken(before)) ||
            (handshake_->early_length != 0 && handshake_->early_from == side && !taken(handshake_->early)))
            return false;
    }
    return true;
}

void Connection::end_handshake(ConnectionMemory& memory) {
    if (!handshake_)
        return;
    *handshake_ = Handshake();
    memory.handshakes.give_back(std::move(handshake_));
    memory.flows.release(handshake_cost);
}

/// A RST whose receiver would obey it may be the end (RFC 5961 section 3.2: one that does not fit exactly is
/// answered, or ignored). Where either end has said something since, it was not.
void Connection::observe_reset(Side from, const Segment& segment) {
    const HalfStream& mine = sent_by(from);
    End& end = ends_[index(from)];
    resumed_ = end.gave_up && !segment.has(tcp_flag::rst) && !segment.has(tcp_flag::syn);
    if (!segment.has(tcp_flag::rst)) {
        reset_ = reset_ && segment.has(tcp_flag::syn);
        end.gave_up = end.gave_up && segment.has(tcp_flag::syn);
    } else if (!mine.synchronised() || mine.may_be_expected(segment.sequence)) {
        reset_ = true;
        end.gave_up = true;
    }
}

void Connection::note_early(Side from, const Segment& segment) {
    handshake_->early = offer_of(segment);
    handshake_->early_length = segment.payload_length;
    handshake_->early_from = from;
}

void Connection::turn() {
    std::swap(halves_[0], halves_[1]);
    std::swap(ends_[0], ends_[1]);
    std::swap(mss_[0], mss_[1]);
    if (!handshake_)
        return;
    handshake_->early_from = other(handshake_->early_from);
    std::swap(handshake_->offers[0], handshake_->offers[1]);
    std::swap(handshake_->asked[0], handshake_->asked[1]);
}

void Connection::adopt(Side from, const Segment& segment, ConnectionMemory& memory) {
    adopted_ = true;
    end_handshake(memory); // what was offered on a living connection was not taken
    sent_by(from).adopt(segment.sequence, memory.stores);
}

std::uint32_t Connection::window(Side from, const Segment& segment) const {
    const auto& [client, server] = ends_;
    if (!client.seen || !server.seen)
        return HalfStream::largest_window;
    const bool scaled = client.scales && server.scales && !segment.has(tcp_flag::syn);
    return std::uint32_t{segment.window} << (scaled ? ends_[index(from)].scale : 0);
}

std::uint32_t Connection::segment_size(const Segment& segment) const {
    std::uint16_t mss = 0;
    for (const std::uint16_t said : mss_)
        if (said != 0)
            mss = mss == 0 ? said : std::min(mss, said);
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

void Connection::end(ConnectionMemory& memory) {
    clear(memory.stores);
    end_handshake(memory);
}

} // namespace nfsieve
