// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/flow/connection.h"

namespace nfsieve {
namespace {

constexpr std::size_t index(Side side) {
    return static_cast<std::size_t>(side);
}

} // namespace

bool Connection::answers_syn(Side from, const Segment& segment) const {
    const Syn& peer = syn_[index(other(from))];
    return segment.has(tcp_flag::syn) && segment.has(tcp_flag::ack) && peer.seen &&
           segment.acknowledgment == peer.isn + 1;
}

Connection::Step Connection::observe(Side from, const Segment& segment, StoreMemory& memory) {
    HalfStream& mine = sent_by(from);
    HalfStream& peer = sent_by(other(from));
    Syn& my_syn = syn_[index(from)];
    const Syn& peer_syn = syn_[index(other(from))];

    if (segment.has(tcp_flag::syn)) {
        if (!answers_syn(from, segment)) {
            if (!segment.has(tcp_flag::ack))
                my_syn = {segment.sequence, true};
            return Step::handshake;
        }
        const bool repeated = peer.synchronised() && !peer.adopted() && peer.isn() == peer_syn.isn;
        if (repeated) {
            if (!mine.synchronised())
                my_syn = {segment.sequence, true};
            return Step::handshake;
        }
        const bool fresh = !peer.synchronised() && !mine.synchronised();
        peer.synchronise(peer_syn.isn, memory);
        mine.clear(memory);
        mine = HalfStream();
        my_syn = {segment.sequence, true};
        adopted_ = false;
        reset_seen_ = false;
        return fresh ? Step::handshake : Step::restarted;
    }

    // The last step of the handshake: this end names the SYN|ACK it took.
    if (segment.has(tcp_flag::ack) && !segment.has(tcp_flag::rst) && mine.synchronised() &&
        !peer.synchronised() && peer_syn.seen && segment.acknowledgment == peer_syn.isn + 1)
        peer.synchronise(peer_syn.isn, memory);

    if (adopted_ && !mine.synchronised() && !my_syn.seen)
        mine.adopt(segment.sequence, memory);
    if (mine.synchronised())
        return Step::segment;
    return segment.payload_length > 0 || segment.has(tcp_flag::fin) ? Step::premature : Step::handshake;
}

void Connection::adopt(Side from, const Segment& segment, StoreMemory& memory) {
    adopted_ = true;
    if (segment.has(tcp_flag::syn)) {
        // A SYN|ACK without its SYN: the client's stream begins where the server says.
        sent_by(other(from)).synchronise(segment.acknowledgment - 1, memory);
        syn_[index(other(from))] = {segment.acknowledgment - 1, true};
        syn_[index(from)] = {segment.sequence, true};
        return;
    }
    sent_by(from).adopt(segment.sequence, memory);
}

void Connection::clear(StoreMemory& memory) {
    halves_[0].clear(memory);
    halves_[1].clear(memory);
}

} // namespace nfsieve
