// SPDX-License-Identifier: GPL-2.0-or-later
// Both directions of a TCP connection: handshake, incarnations and the end.
#pragma once

#include "nfsieve/base/object_pool.h"
#include "nfsieve/flow/half_stream.h"
#include "nfsieve/packet/decode.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

namespace nfsieve {

/// The end that sent a packet.
enum class Side : std::uint8_t { client, server };

[[nodiscard]] constexpr Side other(Side side) {
    return side == Side::client ? Side::server : Side::client;
}

/// Its place where there is one of something for each side.
[[nodiscard]] constexpr std::size_t index(Side side) {
    return static_cast<std::size_t>(side);
}

/// What one SYN or SYN|ACK says about the connection that it wants to begin.
struct SynOffer {
    std::uint32_t isn = 0;
    std::uint16_t mss = 0; ///< 0: not said
    std::uint8_t scale = 0;
    bool scales = false; ///< has a window scale option
    bool answer = false; ///< a SYN|ACK of an end that sent no SYN of its own: nothing answers that but an ACK
    bool seen = false;   ///< false: nothing is known, not even that the segment exists
};

/// What is kept of SYNs while one may still be answered. Passive.
struct Handshake {
    std::array<std::array<SynOffer, 2>, 2> offers; ///< the last two SYNs of each end, newest first
    std::array<bool, 2> asked{}; ///< a SYN that may be for another connection came since the last was taken
    SynOffer early;              ///< a SYN with data, where `early_length` is not 0
    std::uint32_t early_length = 0;
    Side early_from = Side::client;
};

/// What a handshake is charged: itself and the allocator's overhead.
inline constexpr std::size_t handshake_cost = sizeof(Handshake) + 2 * sizeof(void*);

/// What all connections of a worker share. `flows` is charged for handshakes. Both outlive it.
struct ConnectionMemory {
    StoreMemory& stores;
    MemoryBudget& flows;
    ObjectPool<Handshake> handshakes = {};
};

/// Follows the handshake (RFC 9293 section 3.5) without trusting either end's word about itself: a
/// direction's first sequence number counts once the *other* end has acknowledged it, since only the receiver
/// knows which SYN it took. Of several SYNs with different numbers the last two are remembered (a server with
/// SYN cookies answers a repeated SYN with another number). A SYN on a living connection changes nothing
/// until a SYN|ACK answers it; a receiver that still has the old connection answers with a plain ACK (RFC
/// 5961 section 4). A RST ends nothing while an end goes on talking. What only SYNs need is kept aside while
/// one may be answered. One worker thread.
class Connection {
public:
    enum class Step : std::uint8_t {
        handshake, ///< a SYN or SYN|ACK that may pass; nothing to judge
        restarted, ///< a SYN|ACK that begins a new connection on these ports: forget all that was judged
        segment,   ///< belongs to a synchronised stream
        living,    ///< answers a SYN as an end does that has a connection already: adopt() it, or leave it
        premature, ///< payload or FIN before both ends have acknowledged each other's SYN
        no_memory, ///< a SYN that cannot be remembered; nothing has changed
    };

    /// Takes a segment's handshake part into account. `from` sent it.
    Step observe(Side from, const Segment& segment, ConnectionMemory& memory);
    /// Takes up a connection whose start was not seen.
    void adopt(Side from, const Segment& segment, ConnectionMemory& memory);

    /// No SYN was seen, and no stream has begun.
    [[nodiscard]] bool untouched() const {
        return !handshake_ && !halves_[0].synchronised() && !halves_[1].synchronised();
    }
    /// The data of a SYN that observe() has just noted is let through: a SYN|ACK may acknowledge it or any
    /// part of it.
    void note_early(Side from, const Segment& segment);
    void forget_early() {
        if (handshake_)
            handshake_->early_length = 0;
    }

    /// Client and server change places: it was guessed the wrong way round.
    void turn();

    /// The stream that `side` sends.
    [[nodiscard]] HalfStream& sent_by(Side side) { return halves_[index(side)]; }
    [[nodiscard]] const HalfStream& sent_by(Side side) const { return halves_[index(side)]; }

    /// Both ends have acknowledged each other's SYN (or the connection was adopted).
    [[nodiscard]] bool established() const { return halves_[0].synchronised() && halves_[1].synchronised(); }
    [[nodiscard]] bool adopted() const { return adopted_; }
    /// Both FINs are acknowledged: no receiver will read another byte.
    [[nodiscard]] bool finished() const {
        return halves_[0].fin_acknowledged() && halves_[1].fin_acknowledged();
    }
    /// Over as far as can be seen: finished, or a RST was the last word. The streams are judged all the same.
    [[nodiscard]] bool closing() const { return reset_ || finished(); }
    /// The segment observed last comes from an end whose RST, obeyed by the other end as far as can be seen,
    /// was the last that it said before.
    [[nodiscard]] bool resumed() const { return resumed_; }
    /// observe() would say `segment` of a segment of this end that goes on, and change nothing.
    [[nodiscard]] bool at_rest(Side from) const {
        return established() && !handshake_ && !reset_ && !resumed_ && !ends_[index(from)].gave_up;
    }
    /// The receive window that a segment of `from` announces, in bytes (RFC 7323 section 2.2). The largest
    /// possible where the scale is not known.
    [[nodiscard]] std::uint32_t window(Side from, const Segment& segment) const;
    /// Payload bytes that the sender of `segment` puts into one segment on the wire: the lesser of both ends'
    /// MSS without the options (RFC 9293 section 3.7.1). A guess by the Ethernet's size where a SYN was not
    /// seen.
    [[nodiscard]] std::uint32_t segment_size(const Segment& segment) const;

    /// Forgets the bytes of both streams.
    void clear(StoreMemory& memory);
    /// Gives back all that is kept aside. Must be the last call.
    void end(ConnectionMemory& memory);

private:
    /// Of an end, what counts as long as the connection lives.
    struct End {
        std::uint8_t scale : 4 = 0; ///< of the SYN that was taken, as `scales` and `seen`
        bool scales : 1 = false;
        bool seen : 1 = false;
        bool gave_up : 1 = false; ///< a RST was the last that it said
    };

    Step observe_syn(Side from, const Segment& segment, ConnectionMemory& memory);
    [[nodiscard]] const SynOffer* offer_named(Side side, std::uint32_t acknowledgment) const;
    [[nodiscard]] std::optional<SynOffer> answered_by(Side from, const Segment& segment) const;
    void note_offer(Side side, const Segment& segment);
    void synchronise(Side side, const SynOffer& offer, StoreMemory& memory);
    void observe_reset(Side from, const Segment& segment);
    [[nodiscard]] bool all_answered() const;
    void end_handshake(ConnectionMemory& memory);

    std::array<HalfStream, 2> halves_;
    std::unique_ptr<Handshake> handshake_; ///< null: no SYN waits for an answer
    std::array<std::uint16_t, 2> mss_{};   ///< of the SYNs that were taken; 0: not said
    std::array<End, 2> ends_;
    bool reset_ : 1 = false; ///< a RST was the last word
    bool resumed_ : 1 = false;
    bool adopted_ : 1 = false;
};

} // namespace nfsieve
