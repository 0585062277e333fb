// SPDX-License-Identifier: GPL-2.0-or-later
// Both directions of a TCP connection: handshake, incarnations and the end.
#pragma once

#include "nfsieve/flow/half_stream.h"
#include "nfsieve/packet/decode.h"

#include <array>
#include <cstdint>

namespace nfsieve {

/// The end that sent a packet.
enum class Side : std::uint8_t { client, server };

[[nodiscard]] constexpr Side other(Side side) {
    return side == Side::client ? Side::server : Side::client;
}

/// Follows the handshake (RFC 9293 section 3.5) without trusting either end's word about itself: a
/// direction's first sequence number counts once the *other* end has acknowledged it, since only the receiver
/// knows which SYN it took. A SYN on a living connection changes nothing until a SYN|ACK answers it; a
/// receiver that still has the old connection answers with a plain ACK (RFC 5961 section 4). One worker
/// thread.
class Connection {
public:
    enum class Step : std::uint8_t {
        handshake, ///< a SYN or SYN|ACK that may pass; nothing to judge
        restarted, ///< a SYN|ACK that begins a new connection on these ports: forget all that was judged
        segment,   ///< belongs to a synchronised stream
        premature, ///< payload or FIN before the other end has acknowledged this end's SYN
    };

    /// Takes a segment's handshake part into account. `from` sent it.
    Step observe(Side from, const Segment& segment, StoreMemory& memory);
    /// Takes up a connection whose start was not seen.
    void adopt(Side from, const Segment& segment, StoreMemory& memory);

    /// The stream that `side` sends.
    [[nodiscard]] HalfStream& sent_by(Side side) { return halves_[static_cast<std::size_t>(side)]; }
    [[nodiscard]] const HalfStream& sent_by(Side side) const {
        return halves_[static_cast<std::size_t>(side)];
    }

    /// Both ends have acknowledged each other's SYN (or the connection was adopted).
    [[nodiscard]] bool established() const { return halves_[0].synchronised() && halves_[1].synchronised(); }
    [[nodiscard]] bool adopted() const { return adopted_; }
    /// Over as far as can be seen: both FINs acknowledged, or a RST went by. The streams are judged all the
    /// same.
    [[nodiscard]] bool closing() const {
        return reset_seen_ || (halves_[0].fin_acknowledged() && halves_[1].fin_acknowledged());
    }
    void note_reset() { reset_seen_ = true; }
    /// True for a SYN|ACK that answers the SYN on record.
    [[nodiscard]] bool answers_syn(Side from, const Segment& segment) const;

    void clear(StoreMemory& memory);

private:
    struct Syn {
        std::uint32_t isn = 0;
        bool seen = false;
    };

    std::array<HalfStream, 2> halves_;
    std::array<Syn, 2> syn_; ///< the last SYN of each end
    bool adopted_ = false;
    bool reset_seen_ = false;
};

} // namespace nfsieve
